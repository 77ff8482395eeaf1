#include "catalog/device_figures.h"

#include <cmath>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"

namespace testloom {

void write_device_figures(Connection& connection, const MeasuredDevice& device) {
  const DeviceRates& rates = device.rates;
  for (const double rate :
       {rates.flops_a_second, rates.flops_a_second_16, rates.bytes_a_second, rates.call_seconds}) {
    if (std::isfinite(rate) && rate > 0) continue;
    throw Error(ErrorKind::engine, fmt::format("a figure of {} is {}", quote(device.hardware_type), rate),
                "figures have to be above 0; measure again when the machine is less busy");
  }
  Transaction transaction(connection);
  connection.query("DELETE FROM device_figures WHERE hardware_type = ?", {device.hardware_type});
  connection.query(
      "INSERT INTO device_figures (hardware_type, device_name, flops_per_s, flops_16_per_s, bytes_per_s, "
      "call_s, threads, host, measured_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {device.hardware_type, device.name, rates.flops_a_second, rates.flops_a_second_16, rates.bytes_a_second,
       rates.call_seconds, static_cast<int64_t>(device.threads), device.host, utc_now()});
  transaction.commit();
}

std::vector<MeasuredDevice> read_device_figures(Connection& connection) {
  Result rows = connection.query(
      "SELECT hardware_type, device_name, flops_per_s, flops_16_per_s, bytes_per_s, call_s, threads, host "
      "FROM device_figures ORDER BY hardware_type");
  std::vector<MeasuredDevice> devices;
  while (rows.next()) {
    MeasuredDevice device;
    device.hardware_type = rows.text(0);
    device.name = rows.text(1);
    device.rates = {rows.real(2), rows.real(3), rows.real(4), rows.real(5)};
    device.threads = static_cast<int>(rows.integer(6));
    device.host = rows.text(7);
    devices.push_back(std::move(device));
  }
  return devices;
}

}  // namespace testloom
