// Priority, 1 to 10, lower first: default 5; cpu +1, cuda and rocm -1; a batch of at most 1 +1, of at least
// 16 -1; clamped. It is written once, as SQL over the columns hardware_type and batch_size.
#pragma once

namespace testloom {

inline constexpr const char* kPrioritySql =
    "greatest(1, least(10, 5 "
    "+ CASE hardware_type WHEN 'cpu' THEN 1 WHEN 'cuda' THEN -1 WHEN 'rocm' THEN -1 ELSE 0 END "
    "+ CASE WHEN batch_size <= 1 THEN 1 WHEN batch_size >= 16 THEN -1 ELSE 0 END))";

}  // namespace testloom
