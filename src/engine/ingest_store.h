// Takes the runs and outcomes of another store into this one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "store/store.h"

namespace testloom {

struct IngestedStore {
  int64_t runs = 0;      // that the other has
  int64_t new_runs = 0;  // of them, that this one did not have
  int64_t new_outcomes = 0;
};

// Another store, opened for reading only beside the one of a connection.
class OtherStore {
 public:
  // REQUIRES: no transaction is open, neither here nor when it goes. Throws an Error (spec) where it is no
  // store of this schema, or another process writes to it.
  OtherStore(Connection& connection, const std::filesystem::path& path);
  ~OtherStore();
  OtherStore(const OtherStore&) = delete;
  OtherStore& operator=(const OtherStore&) = delete;

  const std::string& name() const { return name_; }  // its tables are NAME.TABLE

 private:
  void check_schema();
  void detach();

  Connection& connection_;
  std::string name_;
};

// REQUIRES: an IngestTransaction on the connection. Throws an Error (spec) where the other one has another
// run by the id of one that is here.
IngestedStore ingest_store(Connection& connection, const OtherStore& other);

}  // namespace testloom
