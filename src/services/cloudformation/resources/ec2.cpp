// Networking: VPCs and what is in them.
#include "services/cloudformation/resources/handlers.h"

namespace cloudformation {
namespace {

Value tag_specifications(const Job& job, std::string_view kind) {
  return json::array({json::object({{"ResourceType", kind}, {"Tags", job.tags(Tags::yes)}})});
}

Value filter(std::string_view name, std::string_view value) { return json::object({{"Name", name}, {"Values", json::array({value})}}); }

// How one kind of thing is made and found again: by its tags, when a crash swallowed the answer.
struct Kind {
  std::string_view create, answer, id, tag, describe, list;
};

Result<Value> make(Job& job, const Kind& kind, Value params) {
  if (job.uncertain()) {
    const Value found = TRY(job.call("ec2", kind.describe,
                                     json::object({{"Filters", json::array({filter("tag:aws:cloudformation:stack-id", job.subject().stack_id),
                                                                            filter("tag:aws:cloudformation:logical-id", job.subject().logical_id)})}})));
    if (found[kind.list].size() > 0) return Value(found[kind.list][size_t{0}]);
  }
  params = params.with("TagSpecifications", tag_specifications(job, kind.tag));
  const Value made = TRY(job.call("ec2", kind.create, std::move(params)));
  return Value(made[kind.answer]);
}

// Brings the tags in line with the properties.
Status retag(Job& job) {
  const Value wanted = job.tags(Tags::no);
  std::vector<Value> gone;
  for (const Value& old : items(job.previous()["Tags"])) {
    bool kept = false;
    for (const Value& tag : wanted.items()) kept = kept || tag.text("Key") == old.text("Key");
    if (!kept) gone.push_back(json::object({{"Key", old["Key"]}}));
  }
  const Value resources = json::array({job.physical_id()});
  if (!gone.empty()) TRY(job.call("ec2", "DeleteTags", json::object({{"Resources", resources}, {"Tags", Value::array(std::move(gone))}})));
  if (wanted.size() > 0) TRY(job.call("ec2", "CreateTags", json::object({{"Resources", resources}, {"Tags", wanted}})));
  return {};
}

Result<Physical> retagged(Job& job) {
  TRY(retag(job));
  return Physical{};
}

// --- VPC and subnets ---

Status vpc_attributes(Job& job, const std::string& id, bool fresh) {
  for (const std::string_view name : {"EnableDnsSupport", "EnableDnsHostnames"}) {
    if (!job.properties().find(name) || (!fresh && !changed(job, name))) continue;
    TRY(job.call("ec2", "ModifyVpcAttribute", json::object({{"VpcId", id}, {name, json::object({{"Value", is_true(job, name)}})}})));
  }
  return {};
}

Result<Physical> create_vpc(Job& job) {
  const Value vpc = TRY(make(job, {"CreateVpc", "Vpc", "VpcId", "vpc", "DescribeVpcs", "Vpcs"}, to_params("ec2", "CreateVpc", job.properties())));
  const std::string id(vpc.text("VpcId"));
  job.made(id);
  TRY(vpc_attributes(job, id, true));
  const Value groups = TRY(job.call("ec2", "DescribeSecurityGroups", json::object({{"Filters", json::array({filter("vpc-id", id), filter("group-name", "default")})}})));
  std::vector<Value> associations;
  for (const Value& one : items(vpc["CidrBlockAssociationSet"])) associations.push_back(one["AssociationId"]);
  const std::string_view group = groups["SecurityGroups"].size() > 0 ? groups["SecurityGroups"][size_t{0}].text("GroupId") : "";
  return Physical{id, {}, json::object({{"VpcId", id}, {"CidrBlock", vpc["CidrBlock"]}, {"DefaultSecurityGroup", group},
                                        {"CidrBlockAssociations", Value::array(std::move(associations))}, {"Ipv6CidrBlocks", Value::array()}})};
}

Result<Physical> update_vpc(Job& job) {
  TRY(vpc_attributes(job, job.physical_id(), false));
  return retagged(job);
}

Status remove_vpc(Job& job) {
  TRY(job.call_unless("ec2", "DeleteVpc", json::object({{"VpcId", job.physical_id()}}), {"InvalidVpcID.NotFound"}));
  return {};
}

Status subnet_attributes(Job& job, const std::string& id) {
  if (!job.properties().find("MapPublicIpOnLaunch")) return {};
  TRY(job.call("ec2", "ModifySubnetAttribute", json::object({{"SubnetId", id}, {"MapPublicIpOnLaunch", json::object({{"Value", is_true(job, "MapPublicIpOnLaunch")}})}})));
  return {};
}

Result<Physical> create_subnet(Job& job) {
  const Value subnet = TRY(make(job, {"CreateSubnet", "Subnet", "SubnetId", "subnet", "DescribeSubnets", "Subnets"}, to_params("ec2", "CreateSubnet", job.properties())));
  const std::string id(subnet.text("SubnetId"));
  job.made(id);
  TRY(subnet_attributes(job, id));
  return Physical{id, {}, json::object({{"SubnetId", id}, {"AvailabilityZone", subnet["AvailabilityZone"]}, {"AvailabilityZoneId", subnet["AvailabilityZoneId"]},
                                        {"VpcId", subnet["VpcId"]}, {"CidrBlock", subnet["CidrBlock"]}, {"Ipv6CidrBlocks", Value::array()}})};
}

Result<Physical> update_subnet(Job& job) {
  TRY(subnet_attributes(job, job.physical_id()));
  return retagged(job);
}

Status remove_subnet(Job& job) {
  TRY(job.call_unless("ec2", "DeleteSubnet", json::object({{"SubnetId", job.physical_id()}}), {"InvalidSubnetID.NotFound"}));
  return {};
}

// --- gateways ---

Result<Physical> create_internet_gateway(Job& job) {
  const Value made = TRY(make(job, {"CreateInternetGateway", "InternetGateway", "InternetGatewayId", "internet-gateway", "DescribeInternetGateways", "InternetGateways"}, Value::object()));
  const std::string id(made.text("InternetGatewayId"));
  return Physical{id, {}, json::object({{"InternetGatewayId", id}})};
}

Status remove_internet_gateway(Job& job) {
  TRY(job.call_unless("ec2", "DeleteInternetGateway", json::object({{"InternetGatewayId", job.physical_id()}}), {"InvalidInternetGatewayID.NotFound"}));
  return {};
}

Result<Physical> attach_gateway(Job& job) {
  TRY(job.create("ec2", "AttachInternetGateway", json::object({{"InternetGatewayId", job.text("InternetGatewayId")}, {"VpcId", job.text("VpcId")}}), "Resource.AlreadyAssociated"));
  return Physical{"IGW|" + job.text("VpcId"), {}, json::object({{"AttachmentType", "IGW"}})};
}

Status detach_gateway(Job& job) {
  TRY(job.call_unless("ec2", "DetachInternetGateway", json::object({{"InternetGatewayId", job.text("InternetGatewayId")}, {"VpcId", job.text("VpcId")}}),
                      {"Gateway.NotAttached", "InvalidInternetGatewayID.NotFound", "InvalidVpcID.NotFound"}));
  return {};
}

Result<Physical> create_address(Job& job) {
  Value address;
  if (job.uncertain()) {
    const Value found = TRY(job.call("ec2", "DescribeAddresses", json::object({{"Filters", json::array({filter("tag:aws:cloudformation:stack-id", job.subject().stack_id),
                                                                                                        filter("tag:aws:cloudformation:logical-id", job.subject().logical_id)})}})));
    if (found["Addresses"].size() > 0) address = found["Addresses"][size_t{0}];
  }
  if (address.is_null()) address = TRY(job.call("ec2", "AllocateAddress", json::object({{"Domain", "vpc"}, {"TagSpecifications", tag_specifications(job, "elastic-ip")}})));
  return Physical{std::string(address.text("PublicIp")), {}, json::object({{"AllocationId", address["AllocationId"]}, {"PublicIp", address["PublicIp"]}})};
}

Status remove_address(Job& job) {
  TRY(job.call_unless("ec2", "ReleaseAddress", json::object({{"AllocationId", job.subject().now.attributes["AllocationId"]}}), {"InvalidAllocationID.NotFound"}));
  return {};
}

Result<Physical> create_nat_gateway(Job& job) {
  const Value made = TRY(make(job, {"CreateNatGateway", "NatGateway", "NatGatewayId", "natgateway", "DescribeNatGateways", "NatGateways"},
                              to_params("ec2", "CreateNatGateway", job.properties()).with("ClientToken", job.subject().token)));
  const std::string id(made.text("NatGatewayId"));
  return Physical{id, {}, json::object({{"NatGatewayId", id}})};
}

Status remove_nat_gateway(Job& job) {
  TRY(job.call_unless("ec2", "DeleteNatGateway", json::object({{"NatGatewayId", job.physical_id()}}), {"NatGatewayNotFound"}));
  return {};
}

// --- routes ---

Result<Physical> create_route_table(Job& job) {
  const Value made = TRY(make(job, {"CreateRouteTable", "RouteTable", "RouteTableId", "route-table", "DescribeRouteTables", "RouteTables"}, to_params("ec2", "CreateRouteTable", job.properties())));
  const std::string id(made.text("RouteTableId"));
  return Physical{id, {}, json::object({{"RouteTableId", id}})};
}

Status remove_route_table(Job& job) {
  TRY(job.call_unless("ec2", "DeleteRouteTable", json::object({{"RouteTableId", job.physical_id()}}), {"InvalidRouteTableID.NotFound"}));
  return {};
}

std::string destination(const Job& job) { return job.text("DestinationCidrBlock", job.text("DestinationIpv6CidrBlock", job.text("DestinationPrefixListId"))); }

Result<Physical> create_route(Job& job) {
  TRY(job.create("ec2", "CreateRoute", to_params("ec2", "CreateRoute", job.properties()), "RouteAlreadyExists"));
  return Physical{fmt::format("{}|{}", job.text("RouteTableId"), destination(job)), {}, json::object({{"CidrBlock", destination(job)}})};
}

Status remove_route(Job& job) {
  TRY(job.call_unless("ec2", "DeleteRoute", to_params("ec2", "DeleteRoute", job.properties()), {"InvalidRoute.NotFound", "InvalidRouteTableID.NotFound"}));
  return {};
}

Result<Physical> associate_route_table(Job& job) {
  const Value made = TRY(job.call("ec2", "AssociateRouteTable", to_params("ec2", "AssociateRouteTable", job.properties())));
  const std::string id(made.text("AssociationId"));
  return Physical{id, {}, json::object({{"Id", id}})};
}

Status disassociate_route_table(Job& job) {
  TRY(job.call_unless("ec2", "DisassociateRouteTable", json::object({{"AssociationId", job.physical_id()}}), {"InvalidAssociationID.NotFound"}));
  return {};
}

// --- security groups ---

// A rule as a template writes it, as an IpPermission.
Value permission(const Value& rule) {
  json::ObjectBuilder out;
  out.add("IpProtocol", json_text(rule["IpProtocol"]));
  for (const std::string_view port : {"FromPort", "ToPort"}) {
    if (const Value* given = rule.find(port)) out.add(port, static_cast<int64_t>(std::strtol(json_text(*given).c_str(), nullptr, 10)));
  }
  const auto range = [&](std::string_view list, std::string_view member, const Value* value) {
    if (!value) return;
    json::ObjectBuilder one;
    one.add(member, *value).add_text("Description", rule.text("Description"));
    out.add(list, json::array({one.build()}));
  };
  range("IpRanges", "CidrIp", rule.find("CidrIp"));
  range("Ipv6Ranges", "CidrIpv6", rule.find("CidrIpv6"));
  for (const std::string_view side : {"Source", "Destination"}) {
    range("UserIdGroupPairs", "GroupId", rule.find(std::string(side) + "SecurityGroupId"));
    range("PrefixListIds", "PrefixListId", rule.find(std::string(side) + "PrefixListId"));
  }
  return out.build();
}

Value group_rule(std::string_view group, const Value& rule) {
  return json::object({{"GroupId", group}, {"IpPermissions", json::array({permission(rule)})}});
}

Status authorize(Job& job, const std::string& group, std::string_view side, const Value& rules) {
  for (const Value& rule : items(rules)) {
    TRY(job.create("ec2", fmt::format("AuthorizeSecurityGroup{}", side), group_rule(group, rule), "InvalidPermission.Duplicate"));
  }
  return {};
}

Status revoke(Job& job, const std::string& group, std::string_view side, const Value& rules) {
  for (const Value& rule : items(rules)) {
    TRY(job.call_unless("ec2", fmt::format("RevokeSecurityGroup{}", side), group_rule(group, rule), {"InvalidPermission.NotFound"}));
  }
  return {};
}

// What a new group lets out, until it is told otherwise.
const Value& everything_out() {
  static const Value kRule = json::array({json::object({{"IpProtocol", "-1"}, {"CidrIp", "0.0.0.0/0"}})});
  return kRule;
}

Result<Physical> create_security_group(Job& job) {
  const std::string name = job.name("GroupName", 255);
  Value params = json::object({{"GroupName", name}, {"Description", job.text("GroupDescription")}});
  if (job.properties().find("VpcId")) params = params.with("VpcId", job.text("VpcId"));
  const Value made = TRY(make(job, {"CreateSecurityGroup", "GroupId", "GroupId", "security-group", "DescribeSecurityGroups", "SecurityGroups"}, std::move(params)));
  const std::string id(made.is_string() ? made.as_string() : made.text("GroupId"));
  job.made(id);
  TRY(authorize(job, id, "Ingress", job.property("SecurityGroupIngress")));
  if (job.property("SecurityGroupEgress").size() > 0) {
    TRY(revoke(job, id, "Egress", everything_out()));
    TRY(authorize(job, id, "Egress", job.property("SecurityGroupEgress")));
  }
  return Physical{id, {}, json::object({{"GroupId", id}, {"Id", id}, {"VpcId", job.text("VpcId")}, {"GroupName", name}})};
}

Result<Physical> update_security_group(Job& job) {
  for (const std::string_view side : {"Ingress", "Egress"}) {
    const std::string property = fmt::format("SecurityGroup{}", side);
    if (!changed(job, property)) continue;
    Value before = job.previous()[property], after = job.property(property);
    if (side == "Egress" && before.size() == 0) before = everything_out();
    if (side == "Egress" && after.size() == 0) after = everything_out();
    TRY(revoke(job, job.physical_id(), side, before));
    TRY(authorize(job, job.physical_id(), side, after));
  }
  return retagged(job);
}

Status remove_security_group(Job& job) {
  TRY(job.call_unless("ec2", "DeleteSecurityGroup", json::object({{"GroupId", job.physical_id()}}), {"InvalidGroup.NotFound", "InvalidGroupId.Malformed"}));
  return {};
}

template <bool ingress>
Result<Physical> create_group_rule(Job& job) {
  TRY(authorize(job, job.text("GroupId"), ingress ? "Ingress" : "Egress", json::array({job.properties()})));
  return Physical{job.generated_name(200), {}, Value::object()};
}

template <bool ingress>
Status remove_group_rule(Job& job) {
  auto done = revoke(job, job.text("GroupId"), ingress ? "Ingress" : "Egress", json::array({job.properties()}));
  if (!done && done.error().code == "InvalidGroup.NotFound") return {};
  return done;
}

// --- endpoints ---

Result<Physical> create_vpc_endpoint(Job& job) {
  Value params = to_params("ec2", "CreateVpcEndpoint", job.properties()).with("ClientToken", job.subject().token);
  const Value made = TRY(job.call("ec2", "CreateVpcEndpoint", std::move(params)));
  const std::string id(made["VpcEndpoint"].text("VpcEndpointId"));
  return Physical{id, {}, json::object({{"Id", id}, {"CreationTimestamp", made["VpcEndpoint"]["CreationTimestamp"]}})};
}

Status remove_vpc_endpoint(Job& job) {
  TRY(job.call_unless("ec2", "DeleteVpcEndpoints", json::object({{"VpcEndpointIds", json::array({job.physical_id()})}}), {"InvalidVpcEndpointId.NotFound"}));
  return {};
}

}  // namespace

void add_ec2_types(Catalog& catalog) {
  catalog.add({.name = "AWS::EC2::VPC", .service = "ec2", .operation = "CreateVpc", .replacing = {"CidrBlock", "InstanceTenancy"},
               .attributes = {"VpcId", "CidrBlock", "DefaultSecurityGroup", "DefaultNetworkAcl", "CidrBlockAssociations", "Ipv6CidrBlocks"}, .taggable = true,
               .create = create_vpc, .update = update_vpc, .remove = remove_vpc});
  catalog.add({.name = "AWS::EC2::Subnet", .service = "ec2", .operation = "CreateSubnet", .required = {"VpcId"}, .replacing = {"VpcId", "CidrBlock", "AvailabilityZone"},
               .attributes = {"SubnetId", "AvailabilityZone", "AvailabilityZoneId", "VpcId", "CidrBlock", "NetworkAclAssociationId", "Ipv6CidrBlocks"}, .taggable = true,
               .create = create_subnet, .update = update_subnet, .remove = remove_subnet});
  catalog.add({.name = "AWS::EC2::InternetGateway", .service = "ec2", .operation = "CreateInternetGateway", .attributes = {"InternetGatewayId"}, .taggable = true,
               .create = create_internet_gateway, .update = retagged, .remove = remove_internet_gateway});
  catalog.add({.name = "AWS::EC2::VPCGatewayAttachment", .service = "ec2", .operation = "AttachInternetGateway", .required = {"VpcId", "InternetGatewayId"},
               .attributes = {"AttachmentType"}, .create = attach_gateway, .remove = detach_gateway});
  catalog.add({.name = "AWS::EC2::EIP", .service = "ec2", .operation = "AllocateAddress", .attributes = {"AllocationId", "PublicIp"}, .taggable = true,
               .create = create_address, .remove = remove_address});
  catalog.add({.name = "AWS::EC2::NatGateway", .service = "ec2", .operation = "CreateNatGateway", .required = {"SubnetId"}, .replacing = {"SubnetId", "AllocationId", "ConnectivityType"},
               .attributes = {"NatGatewayId"}, .taggable = true, .create = create_nat_gateway, .update = retagged, .remove = remove_nat_gateway});
  catalog.add({.name = "AWS::EC2::RouteTable", .service = "ec2", .operation = "CreateRouteTable", .required = {"VpcId"}, .replacing = {"VpcId"}, .attributes = {"RouteTableId"},
               .taggable = true, .create = create_route_table, .update = retagged, .remove = remove_route_table});
  catalog.add({.name = "AWS::EC2::Route", .service = "ec2", .operation = "CreateRoute", .required = {"RouteTableId"}, .attributes = {"CidrBlock"},
               .create = create_route, .remove = remove_route});
  catalog.add({.name = "AWS::EC2::SubnetRouteTableAssociation", .service = "ec2", .operation = "AssociateRouteTable", .required = {"SubnetId", "RouteTableId"}, .attributes = {"Id"},
               .create = associate_route_table, .remove = disassociate_route_table});
  catalog.add({.name = "AWS::EC2::SecurityGroup", .service = "ec2", .operation = "CreateSecurityGroup", .name_property = "GroupName", .required = {"GroupDescription"},
               .replacing = {"GroupName", "GroupDescription", "VpcId"}, .attributes = {"GroupId", "Id", "VpcId"}, .readable = {"GroupName"}, .taggable = true,
               .create = create_security_group, .update = update_security_group, .remove = remove_security_group});
  catalog.add({.name = "AWS::EC2::SecurityGroupIngress", .service = "ec2", .operation = "AuthorizeSecurityGroupIngress", .required = {"IpProtocol"}, .attributes = {"Id"},
               .create = create_group_rule<true>, .remove = remove_group_rule<true>});
  catalog.add({.name = "AWS::EC2::SecurityGroupEgress", .service = "ec2", .operation = "AuthorizeSecurityGroupEgress", .required = {"GroupId", "IpProtocol"}, .attributes = {"Id"},
               .create = create_group_rule<false>, .remove = remove_group_rule<false>});
  catalog.add({.name = "AWS::EC2::VPCEndpoint", .service = "ec2", .operation = "CreateVpcEndpoint", .required = {"VpcId", "ServiceName"}, .attributes = {"Id", "CreationTimestamp"},
               .create = create_vpc_endpoint, .remove = remove_vpc_endpoint});
}

}  // namespace cloudformation
