// A fresh store in a folder of its own, and short texts for templates.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "catalog/models.h"
#include "catalog/templates.h"
#include "store/store.h"
#include "support/temporary_folder.h"

namespace testloom {

class StoreFixture : public ::testing::Test {
 protected:
  StoreFixture() : store(open_store(folder.path() / "test.duckdb", OpenMode::create)) {}

  Connection& connection() { return store->connection(); }

  int64_t add(const std::string& name, const std::string& family, std::optional<std::string> hardware = {},
              const std::string& content = "def test_it():\n    return ${batch_size}\n") {
    return add_template(connection(), {name, family, std::move(hardware), content, {}, ""}, notes)
        .template_id;
  }

  void map(const std::string& model, const std::string& family, std::optional<int64_t> template_id = {}) {
    add_mapping(connection(), {model, family, template_id, {}}, notes);
  }

  // The rows of a statement, each as its cells joined by '|'; all columns have to be text.
  std::vector<std::string> rows(const std::string& sql) {
    Result result = connection().query(sql);
    std::vector<std::string> lines;
    while (result.next()) {
      std::string line;
      for (size_t i = 0; i < result.column_count(); ++i) {
        line += (i ? "|" : "") + std::string(result.is_null(i) ? "NULL" : result.text(i));
      }
      lines.push_back(line);
    }
    return lines;
  }

  TemporaryFolder folder;
  std::unique_ptr<Store> store;
  std::vector<std::string> notes;
};

}  // namespace testloom
