#include "plan/sampling.h"

#include <algorithm>
#include <random>
#include <set>
#include <unordered_map>

#include "plan/covering/covering.h"
#include "plan/covering/covering_listed.h"
#include "store/appender.h"

namespace testloom {

namespace {

struct HashOfValues {
  size_t operator()(const std::vector<uint32_t>& values) const {
    size_t hash = 0;
    for (const uint32_t value : values) hash = (hash ^ value) * 0x9e3779b97f4a7c15u + (hash >> 29);
    return hash;
  }
};

// The tests of a plan as rows of a covering: a model, and what the test is on it.
class Tests {
 public:
  Tests(Connection& connection, const Matrix& matrix) : matrix_(matrix) {
    Result rows = connection.query(
        "SELECT e.model, v.template_name, e.combo FROM expanded e JOIN template_versions v ON v.version_id = "
        "e.version_id "
        "WHERE e.reason IS NULL AND NOT e.is_reference ORDER BY e.model, v.template_name, e.combo");
    while (rows.next())
      add(rows.integer(0), std::string(rows.text(1)), static_cast<int32_t>(rows.integer(2)));
    finish();
  }

  int64_t count() const { return count_; }

  using Rows = std::vector<std::pair<uint32_t, uint32_t>>;  // numbers of a model and a kind

  // Of all that models and values can make together, those that are tests.
  Rows sample_product(const Sample& sample) const {
    const CoveringRequest request{sizes_, [this](std::span<const uint32_t> row) { return has(row); },
                                  static_cast<uint64_t>(sample.seed)};
    Rows rows;
    for (const std::vector<uint32_t>& row :
         sample.tests ? sample_rows(request, static_cast<size_t>(*sample.tests)) : cover_pairs(request))
      rows.emplace_back(row[0], static_cast<uint32_t>(kind_of_.at(key_of(row))));
    return rows;
  }

  // Of the tests that there are: those that cover, then others at random up to the number that is wanted.
  Rows sample_listed(const Sample& sample) const {
    ListedRows listed{{}, of_model_};
    for (const Kind& kind : kinds_) listed.kinds.push_back(kind.values);
    std::mt19937_64 random(static_cast<uint64_t>(sample.seed));
    Rows rows = cover_listed(listed);
    if (!sample.tests) return rows;
    Rows others;
    const std::set<std::pair<uint32_t, uint32_t>> taken(rows.begin(), rows.end());
    for (uint32_t model = 0; model < of_model_.size(); ++model) {
      for (const uint32_t kind : of_model_[model]) {
        if (!taken.contains({model, kind})) others.emplace_back(model, kind);
      }
    }
    shuffle(rows, random);
    shuffle(others, random);
    rows.insert(rows.end(), others.begin(), others.end());
    rows.resize(std::min(rows.size(), static_cast<size_t>(*sample.tests)));
    return rows;
  }

  // Writes down which tests the rows are, into `sampled`.
  void write(Connection& connection, const Rows& rows) const {
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE sampled (model INTEGER, template_name VARCHAR, combo INTEGER)");
    Appender out(connection, "temp", "sampled");
    for (const auto& [model, number] : rows) {
      const Kind& kind = kinds_[number];
      out.add(models_[model]).add(kind.template_name).add(int64_t{kind.combo}).end_row();
    }
    out.flush();
  }

 private:
  struct Kind {
    std::string template_name;
    int32_t combo;
    std::vector<uint32_t> values;  // of all axes but the model
  };

  // The same on every machine, unlike std::shuffle.
  static void shuffle(Rows& rows, std::mt19937_64& random) {
    for (size_t left = rows.size(); left > 1; --left) std::swap(rows[left - 1], rows[random() % left]);
  }

  static uint32_t number_of(std::map<std::string, uint32_t>& numbers, const std::string& name) {
    return numbers.emplace(name, static_cast<uint32_t>(numbers.size())).first->second;
  }

  void add(int64_t model, const std::string& template_name, int32_t combo) {
    if (models_.empty() || models_.back() != model) {
      models_.push_back(model);
      of_model_.emplace_back();
    }
    const auto [known, added] = kind_numbers_.emplace(std::pair(template_name, combo), kinds_.size());
    if (added) kinds_.push_back({template_name, combo, values_of(template_name, combo)});
    of_model_.back().push_back(static_cast<uint32_t>(known->second));
    ++count_;
  }

  std::vector<uint32_t> values_of(const std::string& template_name, int32_t combo) {
    const Cell& cell = matrix_.cells()[static_cast<size_t>(combo)];
    std::vector<uint32_t> values = {number_of(templates_, template_name),
                                    number_of(hardware_types_, cell.hardware_type),
                                    number_of(batch_sizes_, std::to_string(cell.batch_size))};
    for (const int32_t value : cell.values)
      values.push_back(static_cast<uint32_t>(value + 1));  // 0: not declared
    return values;
  }

  void finish() {
    sizes_.assign(1, static_cast<uint32_t>(models_.size()));
    for (size_t axis = 0; !kinds_.empty() && axis < kinds_.front().values.size(); ++axis) {
      uint32_t most = 0;
      for (const Kind& kind : kinds_) most = std::max(most, kind.values[axis]);
      sizes_.push_back(most + 1);
    }
    for (size_t kind = 0; kind < kinds_.size(); ++kind) {
      kind_of_.emplace(kinds_[kind].values, kind);
    }
    for (std::vector<uint32_t>& kinds : of_model_) std::sort(kinds.begin(), kinds.end());
  }

  // All values but the model.
  static std::vector<uint32_t> key_of(std::span<const uint32_t> row) { return {row.begin() + 1, row.end()}; }

  bool has(std::span<const uint32_t> row) const {
    const auto kind = kind_of_.find(key_of(row));
    if (kind == kind_of_.end()) return false;
    const std::vector<uint32_t>& kinds = of_model_[row[0]];
    return std::binary_search(kinds.begin(), kinds.end(), static_cast<uint32_t>(kind->second));
  }

  const Matrix& matrix_;
  std::vector<int64_t> models_;
  std::vector<std::vector<uint32_t>> of_model_;  // the kinds of its tests, ascending
  std::vector<Kind> kinds_;
  std::map<std::pair<std::string, int32_t>, size_t> kind_numbers_;
  std::map<std::string, uint32_t> templates_, hardware_types_, batch_sizes_;
  std::vector<uint32_t> sizes_;
  std::unordered_map<std::vector<uint32_t>, size_t, HashOfValues> kind_of_;  // by key_of()
  int64_t count_ = 0;
};

constexpr const char* kKeepSampledSql = R"sql(
CREATE OR REPLACE TEMP TABLE before_sample AS FROM expanded;
DELETE FROM expanded
WHERE is_reference OR reason IS NULL
  AND NOT EXISTS (SELECT 1 FROM sampled s JOIN template_versions v ON v.template_name = s.template_name
                  WHERE s.model = expanded.model AND s.combo = expanded.combo AND v.version_id = expanded.version_id)
)sql";

// What sampled tests need and is not there comes back as a reference.
constexpr const char* kAddNeededSql = R"sql(
INSERT INTO expanded
SELECT DISTINCT b.* REPLACE (true AS is_reference)
FROM expanded e
JOIN planned_models m ON m.plan_id = $1 AND m.model = e.model
JOIN needs n ON n.plan_id = $1 AND n.model_family = m.model_family AND n.pinned IS NOT DISTINCT FROM m.template_id
   AND n.profile = m.profile AND n.version_id = e.version_id AND n.combo = e.combo
JOIN before_sample b ON b.model = e.model AND b.version_id = n.needed_version_id AND b.combo = n.needed_combo
WHERE e.reason IS NULL AND b.reason IS NULL
  AND NOT EXISTS (SELECT 1 FROM expanded k WHERE k.model = e.model AND k.version_id = n.needed_version_id
                                             AND k.combo = n.needed_combo AND k.reason IS NULL)
)sql";

int64_t count_of(Connection& connection) {
  Result rows = connection.query("SELECT count(*) FROM expanded");
  rows.next();
  return rows.integer(0);
}

}  // namespace

int64_t sample_expanded(Connection& connection, int64_t plan_id, const Sample& sample, const Matrix& matrix,
                        bool cells_are_sampled) {
  const Tests tests(connection, matrix);
  if (tests.count() == 0) return 0;
  tests.write(connection, cells_are_sampled ? tests.sample_listed(sample) : tests.sample_product(sample));
  connection.execute(kKeepSampledSql);
  for (int64_t before = -1, now = count_of(connection); now != before; now = count_of(connection)) {
    before = now;
    connection.query(kAddNeededSql, {plan_id});
  }
  return tests.count();
}

}  // namespace testloom
