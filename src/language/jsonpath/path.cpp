#include "language/jsonpath/path.h"

#include <algorithm>

#include "base/check.h"
#include "language/jsonpath/code.h"
#include "language/jsonpath/evaluation.h"

namespace jsonpath {

using json::Value;

namespace {

// Jayway quotes the names of a path with the quote they were written in, those of a place with '.
void print(const Step& step, bool escaped, std::string& out) {
  const char quote = escaped ? step.quote : '\'';
  const auto name = [&](const std::string& text) {
    out += quote;
    for (const char c : text) {
      if (escaped && (c == '\\' || c == '\'')) out += '\\';
      out += c;
    }
    out += quote;
  };
  switch (step.kind) {
    case Step::Kind::property:
      out += '[';
      name(step.name);
      out += ']';
      return;
    case Step::Kind::properties:
      for (size_t i = 0; i < step.names.size(); ++i) {
        out += i == 0 ? "[" : escaped ? "," : ", ";
        name(step.names[i]);
      }
      out += ']';
      return;
    case Step::Kind::index:
      out += "[" + std::to_string(step.index) + "]";
      return;
    case Step::Kind::indexes:
      for (size_t i = 0; i < step.indexes.size(); ++i) out += (i == 0 ? "[" : ",") + std::to_string(step.indexes[i]);
      out += ']';
      return;
    case Step::Kind::slice:
      out += "[" + (step.from == kUnset ? "" : std::to_string(step.from)) + ":" +
             (step.to == kUnset ? "" : std::to_string(step.to)) + "]";
      return;
    case Step::Kind::wildcard:
      out += "[*]";
      return;
    case Step::Kind::scan:
      out += "..";
      return;
    case Step::Kind::filter:
      out += "[?]";
      return;
    case Step::Kind::function:
      out += "." + step.name + (step.parameters.empty() || step.over_scan ? "()" : "(...)");
  }
}

std::optional<Value> write_at(const std::vector<Step>& steps, size_t at, const Value* node, const Value& value) {
  if (at == steps.size()) return value;
  const Step& step = steps[at];
  if (step.kind == Step::Kind::property) {
    if (node != nullptr && !node->is_object()) return std::nullopt;
    auto inner = write_at(steps, at + 1, node == nullptr ? nullptr : node->find(step.name), value);
    if (!inner) return std::nullopt;
    if (node == nullptr) return json::object({{step.name, *inner}});
    return node->with(step.name, *std::move(inner));
  }
  if (node == nullptr || !node->is_array()) return std::nullopt;
  const auto items = node->items();
  const ptrdiff_t place = step.index < 0 ? std::ssize(items) + step.index : step.index;
  if (place < 0 || place >= std::ssize(items)) return std::nullopt;
  auto inner = write_at(steps, at + 1, &items[static_cast<size_t>(place)], value);
  if (!inner) return std::nullopt;
  std::vector<Value> copy(items.begin(), items.end());
  copy[static_cast<size_t>(place)] = *std::move(inner);
  return Value::array(std::move(copy));
}

}  // namespace

std::string Path::Code::canonical(size_t count, bool escaped) const {
  std::string out(1, root);
  for (size_t i = 0; i < std::min(count, steps.size()); ++i) print(steps[i], escaped, out);
  return out;
}

std::expected<Path, Fault> Path::compile(std::string_view text) {
  auto code = compile_path(text, 0);
  if (!code) return std::unexpected(std::move(code).error());
  return Path(*std::move(code));
}

bool Path::definite() const { return code_->definite; }
bool Path::reference() const { return code_->reference; }
const std::string& Path::text() const { return code_->text; }

const Value* Path::find(const Value& document) const { return code_->simple ? look_up(*code_, document) : nullptr; }

std::expected<Value, Fault> Path::evaluate(const Value& document) const {
  if (const Value* found = find(document)) return *found;
  Run run(document);
  Value out;
  if (Evaluation(*code_, run).evaluate(document, out)) return out;
  Fault fault;
  fault.message = std::move(run.message);
  fault.kind = run.trouble == Trouble::not_found ? Fault::Kind::not_found
             : run.trouble == Trouble::invalid   ? Fault::Kind::invalid_path
                                                 : Fault::Kind::function;
  fault.past_end = fault.kind == Fault::Kind::not_found && code_->definite && run.past_end;
  return std::unexpected(std::move(fault));
}

std::optional<Value> Path::write(const Value& document, const Value& value) const {
  CHECK(code_->reference, "only reference paths can be written to");
  return write_at(code_->steps, 0, &document, value);
}

}  // namespace jsonpath
