#pragma once
// What was measured, as a table for a person and as the one in bench/RESULTS.md.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bench/workload.h"

namespace bench {

// "5.0 times as good as the goal" is 5; 0 without a goal.
double part_of_goal(const Figure& figure);
std::string table_text(const std::vector<Figure>& figures);

// Puts the table, the machine and the command between the marks of the file ("<!-- measured -->" and
// "<!-- /measured -->"), or at its end when it has none; what people wrote around them stays.
Status write_results(const std::string& file, const std::vector<Figure>& figures, std::string_view command);

}  // namespace bench
