#include <algorithm>
#include <iterator>

#include "testloom/template.h"

namespace testloom {

namespace {

struct SuffixRow {
  std::string_view suffix;
  OutputKind kind;
};

constexpr SuffixRow kSuffixes[] = {
    {".py", OutputKind::python},   {".pyi", OutputKind::python},                                  //
    {".json", OutputKind::json},   {".yaml", OutputKind::yaml},  {".yml", OutputKind::yaml},      //
    {".sh", OutputKind::shell},    {".bash", OutputKind::shell}, {".sbatch", OutputKind::shell},  //
    {".slurm", OutputKind::shell}, {".pbs", OutputKind::shell},  {".lsf", OutputKind::shell},     //
    {".txt", OutputKind::text},    {".md", OutputKind::text},    {".rst", OutputKind::text},      //
    {".log", OutputKind::text},    {".csv", OutputKind::text},   {".tsv", OutputKind::text},
};

}  // namespace

std::optional<OutputKind> output_kind_of_suffix(std::string_view suffix) {
  const auto row = std::find_if(std::begin(kSuffixes), std::end(kSuffixes),
                                [&](const SuffixRow& candidate) { return candidate.suffix == suffix; });
  return row == std::end(kSuffixes) ? std::nullopt : std::optional(row->kind);
}

std::vector<std::string_view> output_suffixes() {
  std::vector<std::string_view> suffixes;
  for (const SuffixRow& row : kSuffixes) suffixes.push_back(row.suffix);
  return suffixes;
}

}  // namespace testloom
