#include "engine/file_syncer.h"

#include <signal.h>

#include <cerrno>
#include <chrono>

namespace testloom {

namespace {

// Lines that come within it share a sync. The rest of the 200 ms is the disk's.
constexpr auto kGather = std::chrono::milliseconds(100);

}  // namespace

FileSyncer::FileSyncer(int descriptor, SyncFile sync) : descriptor_(descriptor), sync_(std::move(sync)) {
  // Signals are for the thread that runs tests.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  thread_ = std::thread([this] { work(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

FileSyncer::~FileSyncer() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void FileSyncer::written() {
  {
    const std::lock_guard lock(mutex_);
    if (dirty_) return;
    dirty_ = true;
  }
  changed_.notify_all();
}

void FileSyncer::wait() {
  std::unique_lock lock(mutex_);
  hurry_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return failure_ != 0 || (!dirty_ && !syncing_); });
  hurry_ = false;
}

int FileSyncer::failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void FileSyncer::work() {
  std::unique_lock lock(mutex_);
  while (failure_ == 0) {
    changed_.wait(lock, [&] { return dirty_ || ended_; });
    if (!dirty_) return;
    changed_.wait_for(lock, kGather, [&] { return hurry_ || ended_; });
    dirty_ = false;
    syncing_ = true;
    lock.unlock();
    const int failure = sync_(descriptor_) == 0 ? 0 : errno;
    lock.lock();
    syncing_ = false;
    failure_ = failure;
    changed_.notify_all();
  }
}

}  // namespace testloom
