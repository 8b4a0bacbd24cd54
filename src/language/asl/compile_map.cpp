// Map, inline and distributed.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "language/asl/compile.h"

namespace asl {

void Compiler::map(const Value& document, const std::string& at, State& out) {
  const Value* processor = document.find("ItemProcessor");
  const Value* iterator = document.find("Iterator");
  const std::string field = processor ? "ItemProcessor" : "Iterator";
  if (processor && iterator) {
    schema(fmt::format("There should only be one of the following fields: {}", name_list({"ItemProcessor", "Iterator"})), at);
  } else if (!processor && !iterator) {
    schema(fmt::format("These fields are required: {}", name_list({"ItemProcessor"})), at);
  }
  const Value* inner = processor ? processor : iterator;
  bool distributes = false;
  if (inner && expect(*inner, json::Kind::object, at + "/" + field)) {
    out.branches.push_back(std::make_unique<Scope>());
    scope(*inner, at + "/" + field, *out.branches.back(), Place::processor);
    if (const Value* config = inner->find("ProcessorConfig"); config && expect(*config, json::Kind::object, at + "/" + field + "/ProcessorConfig")) {
      const std::string here = at + "/" + field + "/ProcessorConfig";
      const std::string_view mode = config->text("Mode", "INLINE");
      if (mode != "INLINE" && mode != "DISTRIBUTED") schema("Value should be one of the following: [INLINE, DISTRIBUTED]", here + "/Mode");
      distributes = mode == "DISTRIBUTED";
      const Value* type = config->find("ExecutionType");
      if (distributes && !type) schema("The field 'ExecutionType' is required", here);
      if (type && type->is_string() && type->as_string() != "STANDARD" && type->as_string() != "EXPRESS") {
        schema("Value should be one of the following: [STANDARD, EXPRESS]", here + "/ExecutionType");
      }
    } else if (!inner->find("ProcessorConfig")) {
      // Who reads items from elsewhere, or writes results there, wants a run of its own, though no mode says so.
      distributes = document.find("ItemReader") || document.find("ItemBatcher") || document.find("ResultWriter");
    }
  }
  if (out.language == Language::jsonpath) {
    if (const Value* path_of = document.find("ItemsPath")) {
      out.items_path = reference_path(*path_of, at + "/ItemsPath");
      if (out.items_path && out.items_path->root == Reference::Root::input && !out.items_path->path) out.items_path = nullptr;
    }
  } else if (const Value* items = document.find("Items")) {
    out.items = payload(*items, out.language, at + "/Items", "Items");
  }
  const Value* selector = document.find("ItemSelector");
  const Value* parameters = document.find("Parameters");
  if (selector && parameters) {
    schema(fmt::format("There should only be one of the following fields: {}", name_list({"ItemSelector", "Parameters"})), at);
  }
  if (selector) {
    out.item_selector = payload(*selector, out.language, at + "/ItemSelector", "ItemSelector");
  } else if (parameters && out.language == Language::jsonpath) {
    out.item_selector = payload(*parameters, out.language, at + "/Parameters", "Parameters");
  }
  out.concurrency = quantity(document, "MaxConcurrency", at, out.language, 0, 1e9);
  if (distributes && inner) {
    distributed(document, *inner, at, out);
    return;
  }
  // An inline Map may name its tolerance, which has no effect (recorded: evaluate_jsonata, test_base_map).
  quantity(document, "ToleratedFailureCount", at, out.language, 0, 1e9);
  quantity(document, "ToleratedFailurePercentage", at, out.language, 0, 100);
  static constexpr std::string_view kDistributedOnly[] = {"Label", "ItemReader", "ItemBatcher", "ResultWriter"};
  for (const std::string_view name : kDistributedOnly) {
    if (document.find(name)) schema(fmt::format("Field '{}' is not supported", name), at);
  }
}

void Compiler::distributed(const Value& document, const Value& processor, const std::string& at, State& out) {
  DistributedMap made;
  made.label = document.text("Label");
  made.execution_type = processor["ProcessorConfig"].text("ExecutionType", "STANDARD");
  made.processor = processor.without("ProcessorConfig");
  // Its states speak the machine's language; by itself it is a machine.
  if (body_->language == Language::jsonata) made.processor = made.processor.with("QueryLanguage", "JSONata");
  const auto part = [&](std::string_view name) -> std::optional<Template> {
    const Value* value = document.find(name);
    const std::string here = at + "/" + std::string(name);
    if (!value || !expect(*value, json::Kind::object, here)) return std::nullopt;
    return payload(*value, out.language, here, std::string(name));
  };
  made.reader = part("ItemReader");
  made.writer = part("ResultWriter");
  if (const Value& config = document["ResultWriter"]["WriterConfig"]; config.is_object()) {
    const std::string here = at + "/ResultWriter/WriterConfig";
    if (!config.find("OutputType")) schema("The field 'OutputType' is required", here);
    one_of(config, "OutputType", {"JSON", "JSONL"}, here);
    one_of(config, "Transformation", {"NONE", "COMPACT", "FLATTEN"}, here);
  }
  if (const Value& reader = document["ItemReader"]; reader.is_object()) {
    item_reader(reader, at + "/ItemReader");
    if (reader["ReaderConfig"].is_object()) {
      made.items_max = quantity(reader["ReaderConfig"], "MaxItems", at + "/ItemReader/ReaderConfig", out.language, 0, 100'000'000);
    }
  }
  if (const Value* batcher = document.find("ItemBatcher"); batcher && expect(*batcher, json::Kind::object, at + "/ItemBatcher")) {
    const std::string here = at + "/ItemBatcher";
    made.batched = true;
    made.batch_items_max = quantity(*batcher, "MaxItemsPerBatch", here, out.language, 1, 100'000'000);
    made.batch_bytes_max = quantity(*batcher, "MaxInputBytesPerBatch", here, out.language, 1, 262'144);
    if (const Value* input = batcher->find("BatchInput")) made.batch_input = payload(*input, out.language, here + "/BatchInput", "BatchInput");
  }
  made.tolerated_count = quantity(document, "ToleratedFailureCount", at, out.language, 0, 1e9);
  made.tolerated_percentage = quantity(document, "ToleratedFailurePercentage", at, out.language, 0, 100);
  out.distributed = std::move(made);
}

void Compiler::one_of(const Value& object, std::string_view name, std::initializer_list<std::string_view> values, const std::string& at) {
  const Value* given = object.find(name);
  if (!given || (given->is_string() && std::ranges::find(values, given->as_string()) != values.end())) return;
  schema(fmt::format("Value should be one of the following: [{}]", fmt::join(values, ", ")), fmt::format("{}/{}", at, name));
}

void Compiler::item_reader(const Value& reader, const std::string& at) {
  const Value* resource = reader.find("Resource");
  if (!resource) {
    schema(fmt::format("These fields are required: {}", name_list({"Resource"})), at);
  } else if (!resource->is_string() || !(resource->as_string().ends_with(":states:::s3:getObject") || resource->as_string().ends_with(":states:::s3:listObjectsV2"))) {
    schema(fmt::format("The resource provided {} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.",
                       resource->is_string() ? resource->as_string() : ""), at + "/Resource");
  }
  const Value& config = reader["ReaderConfig"];
  if (!config.is_object()) return;
  const std::string here = at + "/ReaderConfig";
  const std::string_view type = config.text("InputType");
  if (type.empty()) {
    if (config.find("Transformation")) schema("The field 'InputType' is required", here);
  } else if (type == "CSV") {
    if (!config.find("CSVHeaderLocation")) schema("The field 'CSVHeaderLocation' is required", here);
    if (config.text("CSVHeaderLocation") == "GIVEN" && !config.find("CSVHeaders")) {
      schema(fmt::format("These fields are required: {}", name_list({"CSVHeaders"})), here);
    }
  } else {
    for (const std::string_view name : {"CSVHeaderLocation", "CSVHeaders"}) {
      if (config.find(name)) schema(fmt::format("Field '{}' is not supported", name), here);
    }
  }
  one_of(config, "InputType", {"JSON", "JSONL", "CSV", "PARQUET", "MANIFEST"}, here);
  one_of(config, "CSVDelimiter", {"COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"}, here);
  one_of(config, "CSVHeaderLocation", {"FIRST_ROW", "GIVEN"}, here);
  one_of(config, "ManifestType", {"ATHENA_DATA", "S3_INVENTORY"}, here);
  one_of(config, "Transformation", {"LOAD_AND_FLATTEN", "NONE"}, here);
  if (const Value* pointer = config.find("ItemsPointer"); pointer && pointer->is_string() && !pointer->as_string().starts_with("/")) {
    schema(fmt::format("Invalid input: JSON Pointer expression must start with '/': \"{}\"", pointer->as_string()), here);
  }
}

namespace {

void collect(const Template& t, std::vector<std::string>& names) {
  const auto add = [&](const std::string& name) {
    if (name != "states" && std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  if (t.reference && t.reference->root == Reference::Root::variable) add(t.reference->variable);
  if (t.reference && t.reference->call) {
    for (const std::string& path : t.reference->call->paths()) {
      const auto inner = parse_reference(path, false);
      if (inner && inner->root == Reference::Root::variable) add(inner->variable);
    }
  }
  if (t.query) {
    for (const std::string& name : t.query->variables) add(name);
  }
  for (const auto& [name, member] : t.members) collect(member, names);
  for (const Template& item : t.items) collect(item, names);
}

}  // namespace

Value Machine::variable_references() const {
  json::ObjectBuilder out;
  for (const auto& [state, scope] : body_->states) {
    std::vector<std::string> names;
    const auto from = [&](const std::optional<Template>& t) {
      if (t) collect(*t, names);
    };
    const auto from_reference = [&](const std::shared_ptr<const Reference>& r) {
      if (r) collect(Template{.reference = r}, names);
    };
    const auto from_quantity = [&](const Quantity& q) { collect(Template{.reference = q.reference, .query = q.query}, names); };
    from_reference(state->input_path);
    from_reference(state->output_path);
    from_reference(state->items_path);
    for (const auto* t : {&state->parameters, &state->result_selector, &state->assign, &state->output, &state->credentials, &state->items, &state->item_selector}) from(*t);
    for (const auto* q : {&state->timeout, &state->heartbeat, &state->wait_seconds, &state->wait_timestamp, &state->error, &state->cause, &state->concurrency}) from_quantity(*q);
    const auto from_condition = [&](auto&& self, const Condition& c) -> void {
      from_reference(c.variable);
      from_reference(c.right);
      for (const Condition& part : c.parts) self(self, part);
    };
    for (const Choice& c : state->choices) {
      if (c.condition) from_condition(from_condition, *c.condition);
      from_quantity(c.query);
      from(c.assign);
      from(c.output);
    }
    for (const Catcher& c : state->catchers) {
      from(c.assign);
      from(c.output);
    }
    if (state->distributed) {
      const DistributedMap& d = *state->distributed;
      for (const auto* t : {&d.reader, &d.batch_input, &d.writer}) from(*t);
      for (const auto* q : {&d.items_max, &d.batch_items_max, &d.batch_bytes_max, &d.tolerated_count, &d.tolerated_percentage}) from_quantity(*q);
    }
    if (names.empty()) continue;
    std::vector<Value> list;
    for (const std::string& name : names) list.emplace_back(name);
    out.add(state->name, Value::array(std::move(list)));
  }
  if (out.empty()) return Value();
  return out.build();
}

}  // namespace asl
