#pragma once
// What a revision would change of a stack: a change set's Changes, and whether there are any.
#include "services/cloudformation/plan.h"
#include "services/cloudformation/records.h"
#include "services/cloudformation/resources/resource_type.h"

namespace cloudformation {

struct Changes {
  json::Value plain;   // [{Type, ResourceChange}] as DescribeChangeSet shows it
  json::Value valued;  // the same with IncludePropertyValues
};

// Of a stack that is yet to be created every resource is added.
Changes find_changes(const Stack& stack, const Revision& revision, const Plan& plan, const Records& records, const Catalog& catalog);

// Whether carrying the revision out would change anything: resources, outputs, tags.
bool differs(const Stack& stack, const Revision& revision, const Plan& plan, const Records& records, const Catalog& catalog);

}  // namespace cloudformation
