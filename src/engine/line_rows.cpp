#include "engine/line_rows.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include <fmt/format.h>
#include <boost/unordered/unordered_flat_set.hpp>

#include "engine/journal_lines.h"
#include "store/row_source.h"

namespace testloom {

namespace {

struct HashAttempt {
  size_t operator()(const AttemptKey& key) const {
    return key.test_id[0] ^ key.test_id[1] * 0x9e3779b97f4a7c15 ^
           static_cast<uint64_t>(key.attempt * 1000003 + key.repetition);
  }
};

ColumnType column_type(KeyKind kind) {
  switch (kind) {
    case KeyKind::integer:
      return ColumnType::integer;
    case KeyKind::real:
      return ColumnType::real;
    default:
      return ColumnType::text;
  }
}

struct AddValue {
  SourceRows& rows;
  void operator()(std::monostate) const { rows.add_null(); }
  template <typename T>
  void operator()(const T& value) const {
    rows.add(value);
  }
};

// A database may be open for long, and a name is taken as long.
std::string new_name() {
  static std::atomic<int64_t> count = 0;
  return fmt::format("journal_lines_{}", ++count);
}

}  // namespace

struct LineRows::Shared {
  Shared(const JournalFile& journal, int64_t begin, int64_t end) : blocks(journal, begin, end) {}

  LineBlocks blocks;
  std::mutex mutex;  // guards what follows
  boost::unordered_flat_set<AttemptKey, HashAttempt> attempts;
  LinesSeen seen;
};

// What one thread needs: its block, and what it noticed in it.
class LineRows::Thread {
 public:
  explicit Thread(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  void fill(SourceRows& rows) {
    for (size_t added = 0; added < SourceRows::capacity();) {
      if (left_.empty() && !take()) return;
      const size_t size = left_.find('\n');
      const std::string_view line = left_.substr(0, size);
      left_.remove_prefix(size + 1);
      if (!is_outcome(line)) continue;
      for (size_t key = kFirstOutcomeKey; key < kLineKeys.size(); ++key)
        std::visit(AddValue{rows}, reader_.value(key));
      rows.end_row();
      ++added;
    }
  }

 private:
  bool take() {
    report();
    left_ = shared_->blocks.take(buffer_);
    return !left_.empty();
  }

  bool is_outcome(std::string_view line) {
    switch (reader_.read(line)) {
      case LineType::outcome:
        attempts_.push_back(reader_.attempt());
        return true;
      case LineType::run:
        seen_.has_run = true;
        return false;
      case LineType::resume:
        seen_.resumed_at_us = std::max(seen_.resumed_at_us, reader_.integer(line_key("resumed_at_us")));
        return false;
      case LineType::end:
        seen_.ended_at_us = std::max(seen_.ended_at_us, reader_.integer(line_key("ended_at_us")));
        return false;
      case LineType::none:
        ++seen_.left_out;
        return false;
    }
    return false;
  }

  void report() {
    const std::lock_guard lock(shared_->mutex);
    LinesSeen& all = shared_->seen;
    for (const AttemptKey& each : attempts_) all.has_same_twice |= !shared_->attempts.insert(each).second;
    all.left_out += seen_.left_out;
    all.has_run |= seen_.has_run;
    all.ended_at_us = std::max(seen_.ended_at_us, all.ended_at_us);
    all.resumed_at_us = std::max(seen_.resumed_at_us, all.resumed_at_us);
    attempts_.clear();
    seen_ = {};
  }

  std::shared_ptr<Shared> shared_;
  LineReader reader_;
  std::string buffer_;
  std::string_view left_;  // of the block
  std::vector<AttemptKey> attempts_;
  LinesSeen seen_;
};

LineRows::LineRows(Connection& connection, const JournalFile& journal, int64_t begin, int64_t end)
    : shared_(std::make_shared<Shared>(journal, begin, end)), name_(new_name()) {
  std::vector<SourceColumn> columns;
  for (size_t key = kFirstOutcomeKey; key < kLineKeys.size(); ++key)
    columns.push_back({kLineKeys[key].name.data(), column_type(kLineKeys[key].kind)});
  // DuckDB keeps the function, which must not keep the lines.
  register_parallel_row_source(connection, name_, columns, [weak = std::weak_ptr(shared_)]() -> FillRows {
    const auto shared = weak.lock();
    if (!shared) throw Error(ErrorKind::store, "these lines were read already");
    return [thread = std::make_shared<Thread>(shared)](SourceRows& rows) { thread->fill(rows); };
  });
}

LinesSeen LineRows::seen() const {
  LinesSeen seen = shared_->seen;
  seen.left_out += shared_->blocks.passed_over();
  return seen;
}

}  // namespace testloom
