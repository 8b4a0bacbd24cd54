#pragma once
// A resource type: how resources of it are made, changed and removed by calls of the service they belong to.
//
// Handlers are plain functions of a Job (job.h). Each family of types has a file here that adds its types to
// the catalog. A type is offered when its service is there (in this process or upstream).
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudformation/job.h"

namespace cloudformation {

struct ResourceType {
  std::string_view name;       // "AWS::SNS::Topic"
  std::string_view service;    // "sns"; empty: needs none
  std::string_view operation;  // one that there must be: "CreateTopic"
  // The property that names the physical resource; a template that sets it needs CAPABILITY_NAMED_IAM for
  // IAM types. Also what GetTemplateSummary calls the identifier.
  std::string_view name_property = "";
  std::vector<std::string_view> required = {};
  std::vector<std::string_view> replacing = {};   // whose change takes a new physical resource
  std::vector<std::string_view> attributes = {};  // of Fn::GetAtt, beside the properties themselves
  std::vector<std::string_view> readable = {};    // properties for Fn::GetAtt even where a template sets none
  bool taggable = false;                          // the stack's tags are the resource's, too

  // The physical resource's id and attributes; properties are the caller's to keep.
  Result<Physical> (*create)(Job&) = nullptr;
  Result<Physical> (*update)(Job&) = nullptr;  // null: every change takes a new physical resource
  Status (*remove)(Job&) = nullptr;            // null: nothing is to be done

  bool replaces(std::string_view property) const;
};

class Catalog {
 public:
  Catalog();
  void add(ResourceType type) { types_.emplace(type.name, std::move(type)); }
  const ResourceType* find(std::string_view name) const;

 private:
  std::map<std::string_view, ResourceType> types_;
};

// The families.
void add_cloudformation_types(Catalog& catalog);
void add_cloudwatch_types(Catalog& catalog);
void add_ec2_types(Catalog& catalog);
void add_ecs_types(Catalog& catalog);
void add_events_types(Catalog& catalog);
void add_iam_types(Catalog& catalog);
void add_lambda_types(Catalog& catalog);
void add_logs_types(Catalog& catalog);
void add_sns_types(Catalog& catalog);
void add_sqs_types(Catalog& catalog);
void add_ssm_types(Catalog& catalog);
void add_states_types(Catalog& catalog);

}  // namespace cloudformation
