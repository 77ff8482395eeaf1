// What the lines of a probe say of devices, and what a section of a spec changes of what is built in.
#include "engine/local/hardware.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace testloom {
namespace {

using Found = std::vector<std::tuple<std::string, int64_t>>;  // name, bytes; -1: not known

Found found_in(const std::string& output) {
  Found found;
  for (const DeviceInfo& each : devices_of_probe(output))
    found.emplace_back(each.name, each.memory_bytes.value_or(-1));
  return found;
}

TEST(Probe, NamesADeviceALine) {
  EXPECT_EQ(found_in(""), (Found{}));
  EXPECT_EQ(found_in("\n  \n\t\n"), (Found{}));
  EXPECT_EQ(found_in("npu0\nnpu1"), (Found{{"npu0", -1}, {"npu1", -1}}));
  EXPECT_EQ(found_in("npu0 32 GiB\r\n"), (Found{{"npu0", 34359738368}}));
  EXPECT_EQ(found_in("a 1GB\n\n b\t2 MB \n"), (Found{{"a", 1'000'000'000}, {"b", 2'000'000}}));
  EXPECT_EQ(found_in("Big Card 16 80GB"), (Found{{"Big Card 16", 80'000'000'000}}));
  EXPECT_EQ(found_in("Card 3 GHz"), (Found{{"Card 3 GHz", -1}}));
  EXPECT_EQ(found_in("Card 17179869184"), (Found{{"Card", 17179869184}}));
  EXPECT_EQ(found_in("24GB"), (Found{{"", 24'000'000'000}}));
}

TEST(Hardware, IsBuiltInOrTakenAsItIsNamed) {
  EXPECT_EQ(hardware_use("cpu", {}, "py").start, StartKind::fork);
  EXPECT_EQ(hardware_use("cuda", {}, "py").visible, "CUDA_VISIBLE_DEVICES");
  EXPECT_EQ(hardware_use("rocm", {}, "py").device, "cuda");
  EXPECT_EQ(hardware_use("rocm", {}, "py").visible, "HIP_VISIBLE_DEVICES");
  EXPECT_EQ(hardware_use("mps", {}, "py").start, StartKind::fresh);
  const HardwareUse other = hardware_use("npu", {}, "py");
  EXPECT_EQ(std::tuple(other.device, other.visible, other.health, other.python),
            std::tuple("npu", "", "", "py"));
  EXPECT_EQ(other.start, StartKind::fresh);
  EXPECT_FALSE(other.is_declared);
}

TEST(Hardware, IsChangedOnlyInWhatASectionSays) {
  HardwareSection section;
  section.name = section.device = "cuda";
  section.health = "true";
  section.env = {{"A", "1"}};
  const HardwareUse use = hardware_use("cuda", {section}, "py");
  EXPECT_EQ(use.health, "true");
  EXPECT_EQ(use.visible, "CUDA_VISIBLE_DEVICES");
  EXPECT_EQ(use.start, StartKind::fork);
  EXPECT_EQ(use.python, "py");
  EXPECT_EQ(use.environment, section.env);
  EXPECT_TRUE(use.is_declared);
  EXPECT_FALSE(hardware_use("cpu", {section}, "py").is_declared);
}

TEST(Hardware, WithALaunchLineStartsAfresh) {
  HardwareSection section;
  section.name = section.device = "npu";
  section.launch = "container run image";
  section.start = "fork";
  EXPECT_EQ(hardware_use("npu", {section}, "py").start, StartKind::fresh);
}

}  // namespace
}  // namespace testloom
