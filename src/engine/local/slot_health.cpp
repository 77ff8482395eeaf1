#include "engine/local/slot_health.h"

#include <fmt/format.h>

#include "base/outcome_words.h"

namespace testloom {

void SlotHealth::doubt(size_t slot, std::string_view outcome, int64_t& next_id) {
  if (outcome != outcome::crashed && outcome != outcome::timeout) return;
  const Slot& at = admission_.slots()[slot];
  if (!at.is_open || uses_.at(at.hardware_type).health.empty()) return;
  admission_.close(slot);
  start(slot, Look::Step::look, next_id);
}

void SlotHealth::start(size_t slot, Look::Step step, int64_t& next_id) {
  const Slot& at = admission_.slots()[slot];
  const HardwareUse& use = uses_.at(at.hardware_type);
  CommandStart command;
  command.command = {"/bin/sh", "-c", step == Look::Step::recover ? use.recover : use.health};
  command.environment = use.environment;
  command.environment.emplace_back("TESTLOOM_PYTHON", use.python);
  command.environment.emplace_back("TESTLOOM_DEVICE", use.device);
  command.environment.emplace_back("TESTLOOM_SLOT", at.name);
  if (!at.visible.empty()) command.environment.emplace_back(use.visible, at.visible);
  const int64_t id = next_id++;
  looks_[id] = {slot, step};
  supervisor_.start_command(id, command);
}

void SlotHealth::take_end(const CommandEnd& end, int64_t& next_id, std::vector<std::string>& notes) {
  const Look look = looks_.at(end.id);
  looks_.erase(end.id);
  const Slot& slot = admission_.slots()[look.slot];
  if (look.step == Look::Step::recover) return start(look.slot, Look::Step::look_again, next_id);
  if (end.failure.empty()) return admission_.open(look.slot);
  if (look.step == Look::Step::look && !uses_.at(slot.hardware_type).recover.empty())
    return start(look.slot, Look::Step::recover, next_id);
  notes.push_back(fmt::format("{} is not used any more, it is unhealthy: {}", slot.name, end.failure));
  admission_.close_for_good(look.slot, end.failure);
}

}  // namespace testloom
