// What tests of a plan will need: memory and time for each profile of models, template and cell, each
// computed once. Where nothing is known of the models, the prior of their family.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "plan/estimates/prediction.h"
#include "plan/matrix.h"
#include "plan/variants.h"
#include "store/store.h"

namespace testloom {

// Its temporary table:
//   estimates(estimate, memory_bytes, host_memory_bytes, time_s, origin)
//       by number: what a test needs where it runs, and in its process's memory on the host, and how long it
//       takes (NULL: not known)
class CellEstimates {
 public:
  CellEstimates(Connection& connection, const PlanSpec& spec, const Knowledge& knowledge,
                const std::vector<Variant>& variants, const Matrix& matrix);

  // Sets the column estimate where it is NULL, in a table that has model_family, profile, version_id and
  // combo too. REQUIRES: `planned_profiles` is filled.
  void fill(const std::string& table);

 private:
  struct Figures {
    int64_t memory_bytes = 0;
    int64_t host_memory_bytes = 0;
    double time_s = 0;  // 0: not known
    std::string origin;
    auto operator<=>(const Figures&) const = default;
  };

  struct Wanted {
    std::string model_family, profile;
    size_t work;
  };
  struct Work {
    CellWork work;
    std::string hardware_type;  // as the plan calls it
  };

  void prepare();
  void write_works(const std::string& table);
  std::vector<Wanted> read_wanted(const std::string& table);
  void fill_measured(const std::string& table);
  void trace(const std::vector<Wanted>& wanted);
  void read_profiles();
  const Profile& profile_of(const std::string& name, const std::string& model_family);
  size_t work_number(int64_t version_id, int32_t combo);
  int64_t estimate(const std::string& profile_name, const std::string& model_family, size_t work);
  int64_t measured_estimate(const std::string& profile_name, const std::string& model_family,
                            int64_t version_id, int32_t combo);
  int64_t number_of(const Figures& figures);
  Figures figures_of(const Profile& profile, const PredictedCell& cell) const;
  void write_figures();

  Connection& connection_;
  const PlanSpec& spec_;
  const Knowledge& knowledge_;
  const Matrix& matrix_;
  std::map<int64_t, const Variant*> variants_;  // by version
  bool is_prepared_ = false;
  std::set<std::string> measured_profiles_;
  std::map<std::string, Profile> profiles_;
  std::map<std::string, Profile> families_;     // of which nothing else is known
  std::map<int64_t, std::string> definitions_;  // by version
  std::vector<Work> works_;                     // what tests do, each once
  std::map<std::string, size_t> work_numbers_;
  std::map<std::pair<int64_t, int32_t>, size_t> works_of_cells_;             // by version and combo
  std::map<std::tuple<std::string, std::string, size_t>, int64_t> numbers_;  // by family, profile and work
  std::map<Figures, int64_t> figures_;
  std::vector<const Figures*> unwritten_;
};

// What torch calls a hardware type, by the spec, else by its name.
std::string device_for(const PlanSpec& spec, const std::string& hardware_type);

}  // namespace testloom
