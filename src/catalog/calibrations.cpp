#include "catalog/calibrations.h"

#include <string_view>

#include "store/appender.h"

namespace testloom {

namespace {

CorrectionTable* table_of(Calibration& calibration, std::string_view figure) {
  if (figure == "memory") return &calibration.memory;
  if (figure == "host_memory") return &calibration.host_memory;
  return figure == "time" ? &calibration.time : nullptr;
}

void append(Appender& rows, std::string_view figure, const CorrectionTable& table) {
  for (const auto& [key, correction] : table) {
    rows.add(figure).add(key.hardware_type).add(key.model_type).add(static_cast<int64_t>(correction.points));
    rows.add_real(correction.offset).add_real(correction.scale).add_real(correction.low);
    rows.add_real(correction.high).add_real(correction.median_error_before);
    rows.add_real(correction.median_error_after).end_row();
  }
}

void append(Appender& rows, const MeasuredCells& cells) {
  const auto integer = [&](const std::optional<int64_t>& value) {
    value ? rows.add(*value) : rows.add_null();
  };
  for (const auto& [key, by_batch] : cells) {
    for (const auto& [batch_size, cell] : by_batch) {
      rows.add(key.profile).add(key.definition_hash).add(key.hardware_type).add(key.axes).add(batch_size);
      integer(cell.memory_bytes);
      integer(cell.least_memory_bytes);
      integer(cell.host_memory_bytes);
      cell.time_s ? rows.add_real(*cell.time_s) : rows.add_null();
      rows.end_row();
    }
  }
}

std::optional<int64_t> optional_integer(const Result& row, size_t column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.integer(column));
}

CalibrationState state_of(Connection& connection, const char* sql) {
  Result rows = connection.query(sql);
  if (!rows.next()) return {};
  return {rows.integer(0), rows.is_null(1) ? "" : std::string(rows.text(1)), std::string(rows.text(2))};
}

}  // namespace

void write_calibration(Connection& connection, const Calibration& calibration, const MeasuredCells& cells,
                       const CalibrationState& state) {
  connection.execute("DELETE FROM calibrations; DELETE FROM measured_cells; DELETE FROM calibration_state;");
  Appender corrections(connection, "", "calibrations"), measured(connection, "", "measured_cells");
  append(corrections, "memory", calibration.memory);
  append(corrections, "host_memory", calibration.host_memory);
  append(corrections, "time", calibration.time);
  append(measured, cells);
  corrections.flush();
  measured.flush();
  connection.query("INSERT INTO calibration_state VALUES ($1, nullif($2, '')::TIMESTAMP, $3)",
                   {state.outcomes, state.latest, state.figures});
}

Calibration read_calibration(Connection& connection) {
  Result rows = connection.query(
      "SELECT figure, hardware_type, model_type, points, \"offset\", scale, low, high, error_before, "
      "error_after "
      "FROM calibrations");
  Calibration calibration;
  while (rows.next()) {
    CorrectionTable* table = table_of(calibration, rows.text(0));
    if (!table) continue;
    Correction& correction = (*table)[{std::string(rows.text(1)), std::string(rows.text(2))}];
    correction.points = static_cast<size_t>(rows.integer(3));
    correction.offset = rows.real(4);
    correction.scale = rows.real(5);
    correction.low = rows.real(6);
    correction.high = rows.real(7);
    correction.median_error_before = rows.real(8);
    correction.median_error_after = rows.real(9);
  }
  return calibration;
}

MeasuredCells read_measured_cells(Connection& connection) {
  Result rows = connection.query(
      "SELECT profile, definition_hash, hardware_type, axes, batch_size, memory_bytes, least_memory_bytes, "
      "host_memory_bytes, time_s FROM measured_cells");
  MeasuredCells cells;
  while (rows.next()) {
    const MeasuredKey key = {std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2)),
                             std::string(rows.text(3))};
    cells[key][rows.integer(4)] = {optional_integer(rows, 5), optional_integer(rows, 6),
                                   optional_integer(rows, 7),
                                   rows.is_null(8) ? std::nullopt : std::optional(rows.real(8))};
  }
  return cells;
}

CalibrationState stored_calibration_state(Connection& connection) {
  return state_of(connection, "SELECT outcomes, latest::VARCHAR, figures FROM calibration_state");
}

// Outcomes of plans that were removed do not count: what their tests did is not known any more.
CalibrationState calibration_state_of_outcomes(Connection& connection) {
  return state_of(
      connection,
      "SELECT count(*), max(o.started_at)::VARCHAR, (SELECT coalesce(sum(hash(d)::HUGEINT), 0)::VARCHAR "
      "FROM device_figures d) FROM outcomes o JOIN runs r ON r.run_id = o.run_id "
      "WHERE o.outcome IN ('passed', 'oom') AND r.plan_id IN (SELECT plan_id FROM plans)");
}

}  // namespace testloom
