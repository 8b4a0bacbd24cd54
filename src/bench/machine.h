#pragma once
// State machines on the server that is measured, and executions of them in numbers.
#include <string>
#include <string_view>

#include "base/result.h"
#include "bench/definitions.h"
#include "bench/workload.h"
#include "language/json/value.h"

namespace bench {

// One call of Step Functions, its answer parsed.
Result<json::Value> states(const Bench& bench, std::string_view operation, const json::Value& params);

enum class Type : uint8_t { standard, express };

// Makes (or finds) a state machine; returns its ARN.
Result<std::string> make_machine(const Bench& bench, std::string_view name, const Definition& definition, Type type);

// Runs one execution and fails unless its output is the right one and, of a Standard machine, the whole history can be
// read back and has every state in it.
Status check_once(const Bench& bench, const std::string& machine_arn, const Definition& definition, Type type);

// Starts `count` executions over `connections`, each polled until it has ended; every output must be the right one.
Status run_standard(Bench& bench, const std::string& machine_arn, const Definition& definition, size_t connections, uint64_t count);
// The same with StartSyncExecution.
Status run_express(Bench& bench, const std::string& machine_arn, const Definition& definition, size_t connections, uint64_t count);
// StartExecution alone; returns the ARNs' last one.
Result<std::string> start_many(Bench& bench, const std::string& machine_arn, const std::string& input, size_t connections, uint64_t count);

// {"stateMachineArn":"...","input":"..."}
std::string start_body(std::string_view machine_arn, std::string_view input);
// The text of a member of flat JSON, without parsing all of it; "" when it is not there. Escapes stay.
std::string_view raw_member(std::string_view json, std::string_view name);

// How many executions of a machine have a status, counted by pages.
Result<uint64_t> count_executions(const Bench& bench, const std::string& machine_arn, std::string_view status);

}  // namespace bench
