// The store's templates as a plan sees them: each compiled for the hardware types that it may be for, with
// what it declares, or with the reason why it cannot be used.
#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/store.h"
#include "testloom/template.h"

namespace testloom {

struct Variant {
  int64_t template_id = 0;
  std::string template_name;
  std::string model_family;
  std::optional<std::string> hardware_type;  // that it is for; none: any
  std::string on_hardware;                   // that it was compiled for
  std::optional<int64_t> version_id;         // the same for equal texts
  std::string problem;                       // why it cannot be used; empty: it can
  bool uses_model_data = false;
  std::vector<RequiredKey> required_keys;
  std::vector<ParameterInfo> parameters;
  std::vector<NeedInfo> needs;
  std::vector<std::pair<std::string, Value>> workload;
};

// Compiles them before they are needed, as far as that goes without knowing a plan. Runs beside the planning,
// with a connection of its own.
class TemplatesAhead {
 public:
  TemplatesAhead(const Store& store, std::string hardware_type);

  // The one of this template for the hardware type it was made with, once; null where there is none.
  std::unique_ptr<Template> take(int64_t template_id, const std::string& hardware_type);

 private:
  using Compiled = std::map<int64_t, std::unique_ptr<Template>>;

  const std::string hardware_type_;
  std::future<Compiled> running_;
  Compiled compiled_;
};

// Every template that is not removed and no partial, for each of these hardware types that fits it. Versions
// are written where they are new. `axes` are the parameters that the plan has values for. REQUIRES: a
// transaction is open.
std::vector<Variant> make_variants(Connection& connection, TemplatesAhead& ahead,
                                   const std::set<std::string>& hardware_types,
                                   const std::set<std::string>& axes);

}  // namespace testloom
