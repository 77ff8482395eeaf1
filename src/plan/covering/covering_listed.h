// A sample of rows that are listed one by one: subjects (models), each with some kinds of rows, where a kind
// is a value on every axis. For lists that are a covering already, of which no pair may get lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace testloom {

struct ListedRows {
  std::vector<std::vector<uint32_t>> kinds;       // by number: the kind's value on every axis
  std::vector<std::vector<uint32_t>> of_subject;  // by subject: the numbers of its kinds, ascending
};

// Rows (subject, kind), none twice, such that each kind that a subject has is in one of them, and so is each
// value together with each subject that has a kind with it. Few, not fewest: for each subject the kind with
// the most values that it lacks, of those the one that was taken least. The same for the same list
// everywhere.
std::vector<std::pair<uint32_t, uint32_t>> cover_listed(const ListedRows& listed);

}  // namespace testloom
