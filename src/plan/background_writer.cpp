#include "plan/background_writer.h"

#include <utility>

namespace testloom {

namespace {

constexpr size_t kBatchFiles = 256;
constexpr size_t kBatchBytes = 512 << 10;
constexpr size_t kMostWaiting = 4;

}  // namespace

BackgroundWriter::BackgroundWriter(FileTree& tree) : tree_(tree), thread_([this] { work(); }) {}

BackgroundWriter::~BackgroundWriter() { stop(true); }

void BackgroundWriter::put(std::string_view folder, std::string_view name, std::string_view content) {
  batch_.files.push_back({folder.size(), name.size(), content.size()});
  batch_.bytes.append(folder).append(name).append(content);
  if (batch_.files.size() >= kBatchFiles || batch_.bytes.size() >= kBatchBytes) hand_over();
}

void BackgroundWriter::hand_over() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.size() < kMostWaiting || failure_; });
  if (failure_) std::rethrow_exception(failure_);
  waiting_.push_back(std::exchange(batch_, {}));
  if (!empty_.empty()) {
    batch_ = std::move(empty_.back());
    empty_.pop_back();
  }
  changed_.notify_all();
}

int64_t BackgroundWriter::finish() {
  hand_over();
  stop(false);
  if (failure_) std::rethrow_exception(failure_);
  return written_;
}

void BackgroundWriter::stop(bool at_once) {
  {
    const std::lock_guard lock(mutex_);
    if (at_once) waiting_.clear();
    ended_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BackgroundWriter::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_.empty() || ended_; });
    if (waiting_.empty()) return;
    Batch batch = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    changed_.notify_all();
    try {
      write(batch);
      batch.files.clear();
      batch.bytes.clear();
      const std::lock_guard guard(mutex_);
      empty_.push_back(std::move(batch));
    } catch (...) {
      lock.lock();
      failure_ = std::current_exception();
      waiting_.clear();
      changed_.notify_all();
      return;
    }
  }
}

void BackgroundWriter::write(const Batch& batch) {
  std::string_view bytes = batch.bytes;
  const auto take = [&](size_t size) {
    const std::string_view taken = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return taken;
  };
  for (const Batch::File& file : batch.files) {
    const std::string_view folder = take(file.folder_size);
    if (folder != folder_) {
      folder_ = folder;
      tree_.enter(folder_);
    }
    name_ = take(file.name_size);
    written_ += tree_.put(name_, take(file.content_size)) ? 1 : 0;
  }
}

}  // namespace testloom
