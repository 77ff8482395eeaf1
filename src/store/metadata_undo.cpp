#include "store/metadata_undo.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "store/database.h"

namespace testloom {

namespace fs = std::filesystem;

namespace {

// DuckDB's file: three headers, each with a checksum before it, and then blocks, which begin with their own.
// The second and third header take turns; the one with the higher iteration counts.
constexpr off_t kHeaderBytes = 4096;
constexpr off_t kFirstBlock = 3 * kHeaderBytes;
constexpr off_t kIterationAt = 8;
constexpr off_t kBlockBytesAt = 40;
constexpr uint64_t kMostBlockBytes = 1 << 20;

constexpr uint64_t kMark = 0x316f646e752d6c74;  // "tl-undo1"

// The copy's file: this, the blocks' numbers, the blocks.
struct UndoHeader {
  uint64_t mark = kMark;
  uint64_t iteration = 0;
  uint64_t block_bytes = 0;
  uint64_t blocks = 0;
};

fs::path undo_path(const fs::path& store) { return store.native() + ".undo"; }

bool read_at(int file, void* to, size_t bytes, off_t at) {
  for (size_t done = 0; done < bytes;) {
    const ssize_t count = ::pread(file, static_cast<char*>(to) + done, bytes - done, at + off_t(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += size_t(count);
  }
  return true;
}

bool write_at(int file, const std::string& bytes, off_t at) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::pwrite(file, bytes.data() + done, bytes.size() - done, at + off_t(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += size_t(count);
  }
  return true;
}

uint64_t number_at(int file, off_t at) {
  uint64_t number = 0;
  return read_at(file, &number, sizeof number, at) ? number : 0;
}

uint64_t iteration_of(int store) {
  return std::max(number_at(store, kHeaderBytes + kIterationAt),
                  number_at(store, 2 * kHeaderBytes + kIterationAt));
}

uint64_t block_bytes_of(int store) {
  const uint64_t bytes = number_at(store, kHeaderBytes + kBlockBytesAt);
  return bytes % sizeof(uint64_t) == 0 && bytes <= kMostBlockBytes ? bytes : 0;
}

off_t place_of(uint64_t block, uint64_t block_bytes) { return kFirstBlock + off_t(block * block_bytes); }

// Whether a block's checksum, as DuckDB computes it, is the one that it begins with.
bool is_whole(const std::string& block) {
  uint64_t stored = 0, computed = 5381;
  if (block.size() < sizeof stored) return false;
  std::memcpy(&stored, block.data(), sizeof stored);
  for (size_t at = sizeof stored; at + sizeof stored <= block.size(); at += sizeof stored) {
    uint64_t word;
    std::memcpy(&word, block.data() + at, sizeof word);
    computed ^= word * 0xbf58476d1ce4e5b9;
  }
  return computed == stored;
}

// The blocks that the next checkpoint may write over: metadata that has room for more.
std::vector<uint64_t> blocks_with_room(duckdb_database database) {
  Connection connection(database);
  Result rows = connection.query("SELECT block_id FROM pragma_metadata_info() WHERE free_blocks > 0");
  std::vector<uint64_t> blocks;
  while (rows.next()) blocks.push_back(uint64_t(rows.integer(0)));
  return blocks;
}

void put_back(int undo, int store) {
  UndoHeader header;
  struct stat status {};
  if (!read_at(undo, &header, sizeof header, 0) || ::fstat(undo, &status) != 0) return;
  const uint64_t size = uint64_t(status.st_size);
  const uint64_t numbers = header.blocks * sizeof(uint64_t);
  // A copy that is not complete was not gone on from, and after a checkpoint that is complete none is needed.
  if (header.mark != kMark || header.block_bytes != block_bytes_of(store) || header.blocks > size ||
      size != sizeof header + numbers + header.blocks * header.block_bytes ||
      header.iteration != iteration_of(store))
    return;
  std::string kept(header.block_bytes, '\0'), found(header.block_bytes, '\0');
  for (uint64_t i = 0; i < header.blocks; ++i) {
    const off_t place =
        place_of(number_at(undo, off_t(sizeof header + i * sizeof(uint64_t))), header.block_bytes);
    if (!read_at(undo, kept.data(), kept.size(), off_t(sizeof header + numbers + i * header.block_bytes)) ||
        !is_whole(kept))
      continue;
    if (read_at(store, found.data(), found.size(), place) && is_whole(found)) continue;
    if (!write_at(store, kept, place)) throw_file_error(ErrorKind::store, "mend", "the store", errno);
  }
}

}  // namespace

MetadataUndo::MetadataUndo(fs::path store, duckdb_database database)
    : store_(std::move(store)), database_(database), file_(::open(store_.c_str(), O_RDONLY | O_CLOEXEC)) {}

void MetadataUndo::keep() {
  const std::lock_guard lock(mutex_);
  const uint64_t iteration = iteration_of(file_.get());
  if (kept_ == iteration) return;
  write(iteration);
  kept_ = iteration;
}

void MetadataUndo::write(uint64_t iteration) {
  const UndoHeader first{kMark, iteration, block_bytes_of(file_.get()), 0};
  std::vector<uint64_t> numbers;
  std::string blocks, block(first.block_bytes, '\0');
  for (const uint64_t number : blocks_with_room(database_)) {
    if (!read_at(file_.get(), block.data(), block.size(), place_of(number, block.size())) || !is_whole(block))
      continue;
    numbers.push_back(number);
    blocks += block;
  }
  if (numbers.empty()) return;
  UndoHeader header = first;
  header.blocks = numbers.size();
  std::string content(reinterpret_cast<const char*>(&header), sizeof header);
  content.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(uint64_t));
  const fs::path path = undo_path(store_);
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file || !write_all(file.get(), content) || !write_all(file.get(), blocks)) {
    const int error = errno;
    if (file) ::unlink(path.c_str());
    throw_file_error(ErrorKind::store, "write", path, error);
  }
}

void MetadataUndo::finish() {
  try {
    std::error_code error;
    const auto log = fs::file_size(store_.native() + ".wal", error);
    if (!error && log > 0) {
      keep();
      Connection(database_).execute("CHECKPOINT");
    }
  } catch (const Error&) {
    return;  // log and copy are for the next process that opens the store
  }
  if (kept_) ::unlink(undo_path(store_).c_str());
}

bool has_undo(const fs::path& store) {
  struct stat status {};
  return ::stat(undo_path(store).c_str(), &status) == 0;
}

void undo_torn_checkpoint(const fs::path& store) {
  const fs::path path = undo_path(store);
  const FileDescriptor undo(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!undo) return;
  const FileDescriptor file(::open(store.c_str(), O_RDWR | O_CLOEXEC));
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (!file || ::fcntl(file.get(), F_SETLK, &whole) != 0) return;
  // Between opening and locking, the process that has made it may have come to its end and another begun.
  struct stat opened {
  }, there{};
  if (::fstat(undo.get(), &opened) != 0 || ::stat(path.c_str(), &there) != 0) return;
  if (opened.st_ino != there.st_ino) return;
  put_back(undo.get(), file.get());
  ::unlink(path.c_str());
}

}  // namespace testloom
