// Looks at a device's health once a crash or a timeout has put it in doubt, makes it well again where the
// spec says how, and closes a slot that stays unhealthy. Nothing starts on it meanwhile.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/admission.h"
#include "engine/local/hardware.h"
#include "engine/local/supervisor.h"

namespace testloom {

class SlotHealth {
 public:
  // `uses` is by hardware type; all outlive this.
  SlotHealth(Admission& admission, const std::map<std::string, HardwareUse>& uses, Supervisor& supervisor)
      : admission_(admission), uses_(uses), supervisor_(supervisor) {}

  // A test on the slot ended so. Commands take their ids from `next_id`.
  void doubt(size_t slot, std::string_view outcome, int64_t& next_id);
  // Of a command that doubt() or this started. Says what users should know in `notes`.
  void take_end(const CommandEnd& end, int64_t& next_id, std::vector<std::string>& notes);
  bool is_idle() const { return looks_.empty(); }

 private:
  struct Look {
    size_t slot;
    enum class Step { look, recover, look_again } step;
  };
  void start(size_t slot, Look::Step step, int64_t& next_id);

  Admission& admission_;
  const std::map<std::string, HardwareUse>& uses_;
  Supervisor& supervisor_;
  std::unordered_map<int64_t, Look> looks_;  // by the command's id
};

}  // namespace testloom
