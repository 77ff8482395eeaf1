#include "plan/estimates/cell_work.h"

#include <algorithm>

#include <boost/json.hpp>

#include "model/estimate/process.h"
#include "model/estimate/request.h"
#include "template/workload_keys.h"

namespace testloom {

namespace {

void put(boost::json::object& object, const std::string& key, const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value.data)) object[key] = *integer;
  if (const auto* number = std::get_if<double>(&value.data)) object[key] = *number;
  if (const auto* truth = std::get_if<bool>(&value.data)) object[key] = *truth;
  if (const auto* text = std::get_if<std::string>(&value.data)) object[key] = *text;
}

// "cuda" for the user's own "h100" with the device "cuda:1".
std::string known_hardware(const WorkRequest& request) {
  if (is_known_hardware(request.hardware_type)) return request.hardware_type;
  return request.device.substr(0, request.device.find(':'));
}

boost::json::object object_of(const WorkRequest& request) {
  boost::json::object object;
  for (const auto& [key, value] : *request.declared) put(object, key, value);
  for (const ParameterInfo& parameter : *request.parameters) {
    const templating::WorkloadKey* key = templating::find_workload_key(parameter.name);
    const auto given = std::ranges::find(request.axes, parameter.name, &std::pair<std::string, Value>::first);
    const Value* value = given != request.axes.end() ? &given->second
                         : parameter.default_value   ? &*parameter.default_value
                                                     : nullptr;
    if (key && value && templating::takes_workload_value(*key, *value)) put(object, parameter.name, *value);
  }
  object["hardware_type"] = known_hardware(request);
  object["batch_size"] = request.batch_size;
  const auto& [torch, transformers] = request.libraries;
  if (!torch.empty()) object["torch"] = torch;
  if (!transformers.empty()) object["transformers"] = transformers;
  return object;
}

}  // namespace

NamedWork work_of(const WorkRequest& request) {
  boost::json::object object = object_of(request);
  NamedWork made{boost::json::serialize(object), {}};
  made.cell.work.batch_size = request.batch_size;  // for priors, whatever is wrong with the rest
  made.cell.work.hardware_type = known_hardware(request);
  try {
    made.cell.work = read_workload(object);
    if (!object.contains("mode")) made.cell.work.mode = Mode::automatic;
  } catch (const Error& error) {
    made.cell.problem = error.message();
  }
  object["hardware_type"] = is_host(made.cell.work.hardware_type) ? "host" : "device";
  made.cell.call = boost::json::serialize(object);
  return made;
}

}  // namespace testloom
