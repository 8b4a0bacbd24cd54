#pragma once
// Carries out the operation of one stack: makes, changes and removes its resources, side by side where nothing
// keeps one from the other, undoes what failed, and tells every step as an event.
//
// All that counts is in the records (stack.h), so after a crash a new Deployment of the same stack goes on:
// advance() looks at the records, starts what can be started, and when nothing is left ends the phase.
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "services/cloudformation/plan.h"
#include "services/cloudformation/records.h"
#include "services/cloudformation/resources/resource_type.h"

namespace cloudformation {

inline constexpr size_t kRunningMax = 25;  // resources of a stack worked on at once

class Deployment {
 public:
  struct World {
    services::Kit& kit;
    Records& records;
    const Catalog& catalog;
    // What an export's name stands for in a region.
    std::function<Result<json::Value>(const services::Scope&, std::string_view name)> imported;
    // Who still imports what the stack is about to take away: a reason to refuse, or nothing.
    std::function<std::optional<std::string>(const Stack&)> held_back;
  };
  // `finished` is called, later and once, when the operation has come to its end.
  Deployment(World world, services::Scope scope, std::string stack_id, Function<void()> finished);
  ~Deployment();

  // Starts, or goes on after a restart.
  void begin();
  // CancelUpdateStack: what runs is let go, then the update is undone.
  void cancel();

 private:
  struct Running;
  using EventId = Records::EventId;

  // deployment.cpp: the phases
  void advance();
  void deploy(const Stack& stack);
  void deploy_one(const Stack& stack, const std::string& id);
  void deployed(Stack stack);
  void undo(Stack stack);
  void restore(const Stack& stack);
  void clean_up(const Stack& stack);
  void remove(const Stack& stack);
  void removed(Stack stack);
  bool remove_next(const Stack& stack, const std::vector<std::string>& ids, EventId event_ids);
  bool remove_one(const Stack& stack, Resource resource, EventId event_ids);
  void end(Stack stack, std::string status, std::string reason);
  void finish();
  void set_status(Stack& stack, std::string status, std::string reason);
  std::optional<std::string> unknown_attribute(const Plan& plan) const;
  Result<json::Value> outputs(const Stack& stack, const Plan& plan);
  const Plan* plan(const Stack& stack);
  Names names(const Stack& stack, const Plan& plan);
  std::optional<std::string> policy_refusal(const Stack& stack, const Resource& resource, Work::Kind kind) const;

  // deployment_jobs.cpp: one resource's work
  void start(const Stack& stack, Resource resource, Work::Kind kind, json::Value properties, std::string_view status, std::string_view reason, EventId event_ids);
  void resume(const Stack& stack, const Resource& resource);
  void run(const std::string& id);
  void ask(Running& running, Ask ask);
  void answered(const std::string& id, uint64_t serial, const Ask& ask, Result<json::Value> answer);
  void note_made(const std::string& id, const Work& work, const std::string& physical_id);
  void succeeded(const std::string& id, Physical made);
  void failed(const std::string& id, const Error& error);
  void fail_resource(const Stack& stack, Resource resource, std::string reason);
  void cancel_waiting(std::string_view reason);
  void record(const Stack& stack, Resource resource, std::string_view status, std::string_view reason, EventId event_ids);
  std::string told(const Error& error, const Resource& resource) const;
  protocol::Principal principal(const Stack& stack) const;

  const Stack* stack() const { return world_.records.find(scope_, stack_id_); }
  void later(void (Deployment::*what)());

  World world_;
  services::Scope scope_;
  std::string stack_id_;
  Function<void()> finished_;
  std::optional<Plan> plan_;
  std::map<std::string, std::unique_ptr<Running>> running_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Loop::TimerId deadline_ = 0;
  uint64_t serials_ = 0;
  bool ended_ = false;
};

}  // namespace cloudformation
