// Figures of devices: kept by hardware type, the last ones measured.
#include "catalog/device_figures.h"

#include <cmath>

#include "support/store_fixture.h"

namespace testloom {
namespace {

class DeviceFiguresKept : public StoreFixture {
 protected:
  DeviceFiguresKept() {
    connection().execute(
        "CREATE TABLE IF NOT EXISTS device_figures (hardware_type VARCHAR NOT NULL, device_name VARCHAR NOT "
        "NULL, flops_per_s DOUBLE NOT NULL, flops_16_per_s DOUBLE NOT NULL, bytes_per_s DOUBLE NOT NULL, "
        "call_s DOUBLE NOT NULL, threads INTEGER NOT NULL, host VARCHAR NOT NULL, measured_at TIMESTAMP NOT "
        "NULL)");
  }

  std::vector<std::string> kept() {
    return rows(
        "SELECT hardware_type, device_name, flops_per_s::VARCHAR, flops_16_per_s::VARCHAR, "
        "bytes_per_s::VARCHAR, call_s::VARCHAR, threads::VARCHAR, host FROM device_figures ORDER BY 1");
  }
};

const MeasuredDevice cpu = {"cpu", "it's one", {4e10, 8e10, 1e10, 2e-6}, 8, "here"};

TEST_F(DeviceFiguresKept, TheLastOfAHardwareType) {
  EXPECT_TRUE(read_device_figures(connection()).empty());
  MeasuredDevice other = cpu;
  other.rates.flops_a_second = 1;
  write_device_figures(connection(), other);
  write_device_figures(connection(), {"cuda", "card", {1e13, 1e14, 1e12, 1e-5}, 8, "here"});
  write_device_figures(connection(), cpu);
  EXPECT_EQ(kept(), (std::vector<std::string>{
                        "cpu|it's one|40000000000.0|80000000000.0|10000000000.0|2e-06|8|here",
                        "cuda|card|10000000000000.0|100000000000000.0|1000000000000.0|1e-05|8|here"}));
  EXPECT_EQ(
      rows("SELECT (count(*) FILTER (measured_at > TIMESTAMP '2024-01-01'))::VARCHAR FROM device_figures"),
      (std::vector<std::string>{"2"}));
  const std::vector<MeasuredDevice> devices = read_device_figures(connection());
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].hardware_type, "cpu");
  EXPECT_EQ(devices[0].name, "it's one");
  EXPECT_EQ(devices[0].rates.flops_a_second, 4e10);
  EXPECT_EQ(devices[0].rates.flops_a_second_16, 8e10);
  EXPECT_EQ(devices[0].rates.bytes_a_second, 1e10);
  EXPECT_EQ(devices[0].rates.call_seconds, 2e-6);
  EXPECT_EQ(devices[0].threads, 8);
  EXPECT_EQ(devices[0].host, "here");
}

TEST_F(DeviceFiguresKept, AreAboveZero) {
  write_device_figures(connection(), cpu);
  for (const double wrong : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    for (double DeviceRates::*rate : {&DeviceRates::flops_a_second, &DeviceRates::flops_a_second_16,
                                      &DeviceRates::bytes_a_second, &DeviceRates::call_seconds}) {
      MeasuredDevice device = cpu;
      device.rates.*rate = wrong;
      EXPECT_THROW(write_device_figures(connection(), device), Error);
    }
  }
  EXPECT_EQ(kept().size(), 1u);
}

}  // namespace
}  // namespace testloom
