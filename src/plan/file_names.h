// Where a rendered test lies: <model>/test_<template>_<hardware>_b<batch>[_<axis>-<value>...]<suffix>, in
// names that are safe in every file system and tell every two tests apart, also where case is ignored.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "plan/tests.h"

namespace testloom {

// `text` as a file name: [A-Za-z0-9_.-] kept, other bytes '_', at most `limit` bytes, never empty, "." or
// ".."; what was cut is replaced by a short hash.
std::string file_name_of(std::string_view text, size_t limit);

// Gives each text its own name within one folder: the first to come keeps the plain one, a later one that
// would share it (also where a file system ignores case) gets a short hash.
class NameChooser {
 public:
  NameChooser() = default;
  NameChooser(std::initializer_list<const char*> reserved);
  std::string choose(std::string_view text, size_t limit);

 private:
  bool take(const std::string& name);

  std::unordered_set<std::string> taken_;
};

// The places of a plan's tests within one tree. REQUIRES: the tests of a model come one after the other.
class TestPlaces {
 public:
  // Names that no model's folder gets.
  TestPlaces(std::initializer_list<const char*> reserved) : folders_(reserved) {}

  struct Place {
    const std::string& folder;  // valid until the next call
    std::string name;
  };
  // `suffix` begins with a dot.
  Place place_of(const PlannedTest& test, std::string_view suffix);

 private:
  NameChooser folders_;
  std::string model_name_;
  std::string folder_;  // of this model
  NameChooser names_;   // in this folder
};

}  // namespace testloom
