#include "plan/background_writer.h"

#include <utility>

namespace testloom {

namespace {

constexpr size_t kBatchFiles = 256;
constexpr size_t kBatchBytes = 1 << 20;
constexpr size_t kMostWaiting = 16;

}  // namespace

BackgroundWriter::BackgroundWriter(FileTree& tree) : tree_(tree), thread_([this] { work(); }) {}

BackgroundWriter::~BackgroundWriter() { stop(true); }

void BackgroundWriter::put(const std::string& folder, std::string name, std::string content) {
  batch_bytes_ += content.size();
  batch_.push_back({folder, std::move(name), std::move(content)});
  if (batch_.size() >= kBatchFiles || batch_bytes_ >= kBatchBytes) hand_over();
}

void BackgroundWriter::hand_over() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.size() < kMostWaiting || failure_; });
  if (failure_) std::rethrow_exception(failure_);
  waiting_.push_back(std::exchange(batch_, {}));
  batch_bytes_ = 0;
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
    const Batch batch = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    changed_.notify_all();
    try {
      write(batch);
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
  for (const File& file : batch) {
    if (file.folder != folder_) {
      tree_.enter(file.folder);
      folder_ = file.folder;
    }
    written_ += tree_.put(file.name, file.content) ? 1 : 0;
  }
}

}  // namespace testloom
