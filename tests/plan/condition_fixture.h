// A table that conditions are tried on, and what they give for its rows.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "plan/condition/condition.h"
#include "support/store_fixture.h"

namespace testloom {

// A table with every type of column, and one that a condition must not see.
class Conditions : public StoreFixture {
 protected:
  Conditions() {
    connection().execute(
        "CREATE TEMP TABLE cells (id INTEGER, hardware_type VARCHAR, dtype VARCHAR, model_name VARCHAR, "
        "batch_size BIGINT, memory DOUBLE, gated BOOLEAN, model STRUCT(\"owner\" VARCHAR, size BIGINT), "
        "tags VARCHAR[], secret VARCHAR);"
        "INSERT INTO cells VALUES "
        "(1, 'cpu', 'float32', 'org/vit-base', 1, 0.5, true, {'owner': 'ann', 'size': 7}, ['a', 'b'], 's'),"
        "(2, 'cpu', 'bfloat16', 'org/Vit_Large', 4, 1.5, false, {'owner': 'bob', 'size': NULL}, [], 's'),"
        "(3, 'cuda', 'bfloat16', 'näme/it''s', 16, -2, NULL, {'owner': NULL, 'size': 70}, NULL, 's'),"
        "(4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 's'),"
        "(5, 'mps', '12', '', 9223372036854775807, 'nan', true, {'owner': '', 'size': 0}, ['12', NULL], "
        "'s')");
  }

  const std::vector<ConditionColumn> columns = {{"hardware_type", "t.hardware_type", "VARCHAR"},
                                                {"dtype", "t.dtype", "VARCHAR"},
                                                {"model_name", "lower(t.model_name) || ''", "VARCHAR"},
                                                {"batch_size", "t.batch_size", "BIGINT"},
                                                {"memory", "t.memory", "DOUBLE"},
                                                {"gated", "t.gated", "BOOLEAN"},
                                                {"model.owner", "t.model.\"owner\"", "VARCHAR"},
                                                {"model.size", "t.model['size']", "BIGINT"},
                                                {"tags", "t.tags", "VARCHAR[]"}};

  std::string check(std::string_view text, const ConditionSource& source = {"--where", "", 0, 0}) {
    return checked_condition(connection(), text, columns, source, ErrorKind::usage).sql;
  }

  // The message of a refused one; empty when it was taken.
  std::string refusal(std::string_view text) {
    try {
      check(text);
      return {};
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << text;
      return error.what();
    }
  }

  // What an expression gives for each row, or why it fails.
  std::string values(const std::string& expression, const std::string& table) {
    std::string out;
    try {
      Result found = connection().query(
          fmt::format("SELECT ({}\n)::VARCHAR FROM (SELECT * FROM {} ORDER BY id) t", expression, table));
      while (found.next()) out += found.is_null(0) ? "- " : found.text(0) == "true" ? "yes " : "no ";
    } catch (const Error& error) {
      out = "fails: " + error.message().substr(0, error.message().find(':'));
    }
    return out;
  }
  std::string raw_values(std::string_view text) {
    return values(std::string(text),
                  "(SELECT * EXCLUDE (model_name, secret), lower(model_name) AS model_name FROM cells)");
  }
  std::string checked_values(std::string_view text) { return values(check(text), "cells"); }
};

}  // namespace testloom
