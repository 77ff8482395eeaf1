// What a forward pass keeps alive, against torch's profiler: estimate_live.jsonl holds the most bytes that
// torch's allocator had given out at once, as scripts/measure-memory --trace lists them (torch 1.13,
// transformers 4.45).
#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/files.h"
#include "model/estimate/forwards.h"
#include "model/estimate/request.h"

namespace testloom {
namespace {

const std::filesystem::path source = TESTLOOM_SOURCE_DIR;

boost::json::value parsed(const std::filesystem::path& path) {
  return boost::json::parse(read_file(path, 1 << 24, ErrorKind::spec));
}

double live_bytes(const boost::json::object& model, const boost::json::object& asked) {
  const ModelConfig config = ModelConfig::read(model.at("config").as_object());
  const Workload work = read_workload(asked);
  Tape tape(4, Gemm::none);
  Pass pass{tape, false, true, 1};
  write_call({config, std::string(model.at("architecture").as_string()), work, pass});
  EXPECT_NEAR(tape.live(), 0, 1) << "a tensor outlived the call";
  return tape.live_peak().live;
}

// The code of these is followed less closely: the distance from what torch says, at most.
const std::map<std::string, double> looser = {
    {"deberta", 0.05}, {"deberta-v2", 0.06}, {"clip", 0.08}, {"speecht5", 0.25}};

TEST(EstimateLive, IsWhatTorchGivesOut) {
  std::map<std::string, boost::json::value> tables;
  for (const char* name : {"memory_points.json", "memory_models.json"}) {
    tables[name] = parsed(source / "bench/data" / name);
  }
  std::istringstream lines(read_file(source / "tests/model/estimate_live.jsonl", 1 << 22, ErrorKind::spec));
  size_t cases = 0;
  size_t exact = 0;
  for (std::string line; std::getline(lines, line);) {
    const boost::json::object asked = boost::json::parse(line).as_object();
    const boost::json::value& table = tables.at(std::string(asked.at("models").as_string()));
    const boost::json::object& model = table.at("models").at(asked.at("model").as_string()).as_object();
    const std::string type(model.at("config").at("model_type").as_string());
    const double wanted = asked.at("live_bytes").to_number<double>();
    const double got = live_bytes(model, asked);
    const auto loose = looser.find(type);
    // What is smaller than a megabyte is not written down: ids, masks and statistics.
    EXPECT_NEAR(got, wanted, 1e6 + wanted * (loose == looser.end() ? 0.03 : loose->second)) << line;
    exact += std::abs(got - wanted) <= 1e5 + 0.001 * wanted;
    ++cases;
  }
  EXPECT_GE(cases, 100u);
  EXPECT_GE(exact, cases / 2) << "of " << cases;
}

}  // namespace
}  // namespace testloom
