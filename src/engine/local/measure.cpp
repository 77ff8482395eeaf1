#include "engine/local/measure.h"

#include <unistd.h>

#include <boost/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "engine/local/python.h"
#include "testloom/error.h"

namespace testloom {

namespace json = boost::json;

namespace {

constexpr double kMeasureTimeoutSeconds = 180;

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

MeasuredDevice device_of(const json::object& facts) {
  const auto number = [&](std::string_view key) { return facts.at(key).to_number<double>(); };
  MeasuredDevice device;
  device.hardware_type = std::string(facts.at("hardware_type").as_string());
  device.name = std::string(facts.at("name").as_string());
  device.rates = {number("flops_a_second"), number("flops_a_second_16"), number("bytes_a_second"),
                  number("call_seconds")};
  device.threads = facts.at("threads").to_number<int>();
  device.host = host_name();
  return device;
}

}  // namespace

std::vector<MeasuredDevice> measure_devices(const std::string& python) {
  const std::string answer = ask_python(python, "measure.py", kMeasureTimeoutSeconds);
  std::string reason = fmt::format("it said {}", quote(answer, 300));
  try {
    const json::object facts = json::parse(answer).as_object();
    if (const json::value* error = facts.if_contains("error")) {
      reason = std::string(error->as_string());
    } else {
      std::vector<MeasuredDevice> devices;
      for (const json::value& each : facts.at("devices").as_array())
        devices.push_back(device_of(each.as_object()));
      return devices;
    }
  } catch (const std::exception&) {  // what it said is shown
  }
  throw Error(
      ErrorKind::engine, fmt::format("{} cannot measure: {}", quote(python), one_line(reason, 400)),
      fmt::format("see `testloom doctor --python {}` for what it lacks, or name another with --python",
                  python));
}

}  // namespace testloom
