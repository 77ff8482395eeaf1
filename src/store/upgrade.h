// Recognising what a DuckDB file holds, making testloom's schema in an empty one, and upgrading a store made
// by the original code.
#pragma once

#include "store/database.h"

namespace testloom {

enum class StoreContent {
  empty,     // no tables at all
  original,  // the original code's tables `templates` and `model_mapping`
  current,   // testloom's own, of this schema version
  older,     // testloom's own, of an earlier version
  newer,     // testloom's own, of a later version
  foreign,   // something else
};

StoreContent recognise(Connection& connection);

// The schema version that the store says it has. REQUIRES: current, older or newer.
int64_t schema_version(Connection& connection);

// Whether it is a snapshot of a plan, which is only read.
bool is_snapshot(Connection& connection);

// Makes every table and view in an empty file, in one transaction.
void create_schema(Connection& connection);

// Brings the tables of an earlier schema version up to this one, in one transaction.
void upgrade_older(Connection& connection);

// Turns the original's tables into testloom's, in one transaction: ids, texts, dates and versions are kept,
// each template's text becomes its version in template_versions, each mapped model is known.
void upgrade_original(Connection& connection);

}  // namespace testloom
