// Internet gateways, addresses, NAT gateways and endpoints.
#include <fmt/format.h>

#include "services/ec2/ec2.h"

namespace ec2 {

using json::Value;

namespace {
constexpr std::string_view kOpenPolicy =
    R"({"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})";
}  // namespace

Result<Value> Ec2::create_internet_gateway(const Call& call) {
  const Value made = json::object({{"InternetGatewayId", new_id("igw")},
                                   {"OwnerId", call.account},
                                   {"Attachments", Value::array()},
                                   {"Tags", tags_given(call)}});
  put({call.account, call.region}, Kind::internet_gateway, made);
  return json::object({{"InternetGateway", made}});
}

Result<Value> Ec2::attach_internet_gateway(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value gateway =
      TRY(need(scope, Kind::internet_gateway, call.params.text("InternetGatewayId")));
  const Value vpc = TRY(need(scope, Kind::vpc, call.params.text("VpcId")));
  if (gateway["Attachments"].size() > 0) {
    return refused("Resource.AlreadyAssociated",
                   fmt::format("resource {} is already attached to network {}",
                               gateway.text("InternetGatewayId"),
                               gateway["Attachments"][size_t{0}].text("VpcId")));
  }
  for (const auto& [id, other] : table(Kind::internet_gateway).all(scope)) {
    for (const Value& attachment : other.shown["Attachments"].items()) {
      if (attachment.text("VpcId") != vpc.text("VpcId")) continue;
      return refused(
          "InvalidParameterValue",
          fmt::format("Network {} already has an internet gateway attached", vpc.text("VpcId")));
    }
  }
  put(scope, Kind::internet_gateway,
      gateway.with(
          "Attachments",
          json::array({json::object({{"State", "available"}, {"VpcId", vpc.text("VpcId")}})})));
  return Value::object();
}

Result<Value> Ec2::detach_internet_gateway(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value gateway =
      TRY(need(scope, Kind::internet_gateway, call.params.text("InternetGatewayId")));
  const Value& attachments = gateway["Attachments"];
  if (attachments.size() == 0 ||
      attachments[size_t{0}].text("VpcId") != call.params.text("VpcId")) {
    return refused("Gateway.NotAttached",
                   fmt::format("resource {} is not attached to network {}",
                               gateway.text("InternetGatewayId"), call.params.text("VpcId")));
  }
  put(scope, Kind::internet_gateway, gateway.with("Attachments", Value::array()));
  return Value::object();
}

Result<Value> Ec2::delete_internet_gateway(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value gateway =
      TRY(need(scope, Kind::internet_gateway, call.params.text("InternetGatewayId")));
  if (gateway["Attachments"].size() > 0) {
    return refused("DependencyViolation",
                   fmt::format("The internetGateway '{}' has dependencies and cannot be deleted.",
                               gateway.text("InternetGatewayId")));
  }
  table(Kind::internet_gateway).erase(scope, gateway.text("InternetGatewayId"));
  return Value::object();
}

Result<Value> Ec2::allocate_address(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value tags = tags_given(call);
  const Value made = json::object({{"AllocationId", new_id("eipalloc")},
                                   {"PublicIp", new_public_address(scope)},
                                   {"Domain", "vpc"},
                                   {"PublicIpv4Pool", "amazon"},
                                   {"NetworkBorderGroup", call.region},
                                   {"Tags", tags}});
  put(scope, Kind::address, made);
  return made.without("Tags");
}

Result<Value> Ec2::release_address(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string_view id = call.params.text("AllocationId"), ip = call.params.text("PublicIp");
  if (id.empty() && ip.empty())
    return refused("MissingParameter", "Either public IP or allocation id must be specified");
  for (const auto& [key, address] : table(Kind::address).all(scope)) {
    if (id.empty() ? address.shown.text("PublicIp") != ip : key != id) continue;
    if (address.shown.find("AssociationId")) {
      return refused("InvalidIPAddress.InUse",
                     fmt::format("Address {} is in use.", address.shown.text("PublicIp")));
    }
    table(Kind::address).erase(scope, std::string(key));
    return Value::object();
  }
  if (id.empty())
    return refused("InvalidAddress.NotFound", fmt::format("Address '{}' not found.", ip));
  return need(scope, Kind::address, id);
}

Result<Value> Ec2::create_nat_gateway(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string_view token = call.params.text("ClientToken"),
                         allocation = call.params.text("AllocationId");
  for (const auto& [id, gateway] : table(Kind::nat_gateway).all(scope)) {
    if (!token.empty() && gateway.shown.text("ClientToken") == token) {
      return json::object(
          {{"ClientToken", token}, {"NatGateway", gateway.shown.without("ClientToken")}});
    }
  }
  const Value subnet = TRY(need(scope, Kind::subnet, call.params.text("SubnetId")));
  const bool is_public = call.params.text("ConnectivityType", "public") == "public";
  if (is_public && allocation.empty())
    return refused("MissingParameter",
                   "The request must include the AllocationId parameter. Add the required "
                   "parameter and retry the request.");
  Value address;
  if (is_public) {
    address = TRY(need(scope, Kind::address, allocation));
    if (address.find("AssociationId"))
      return refused("Resource.AlreadyAssociated",
                     fmt::format("Elastic IP address [{}] is already associated", allocation));
  }
  const std::string id = new_id("nat");
  const Value eni =
      TRY(make_interface(scope, subnet,
                         json::object({{"Description", "Interface for NAT Gateway " + id},
                                       {"InterfaceType", "nat_gateway"}}),
                         Value::array()));
  json::ObjectBuilder shown_address;
  if (is_public) {
    const std::string association = new_id("eipassoc");
    put(scope, Kind::address,
        address.with("AssociationId", association)
            .with("NetworkInterfaceId", eni["NetworkInterfaceId"])
            .with("PrivateIpAddress", eni["PrivateIpAddress"]));
    shown_address.add("AllocationId", allocation)
        .add("AssociationId", association)
        .add("PublicIp", address["PublicIp"]);
  }
  shown_address.add("IsPrimary", true)
      .add("NetworkInterfaceId", eni["NetworkInterfaceId"])
      .add("PrivateIp", eni["PrivateIpAddress"])
      .add("Status", "succeeded");
  const Value made = json::object({{"CreateTime", call.at.seconds()},
                                   {"NatGatewayAddresses", json::array({shown_address.build()})},
                                   {"NatGatewayId", id},
                                   {"State", "available"},
                                   {"SubnetId", subnet["SubnetId"]},
                                   {"VpcId", subnet["VpcId"]},
                                   {"Tags", tags_given(call)},
                                   {"ConnectivityType", is_public ? "public" : "private"}});
  put(scope, Kind::nat_gateway, token.empty() ? made : made.with("ClientToken", token));
  return json::object({{"NatGateway", made}});
}

Result<Value> Ec2::delete_nat_gateway(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value gateway = TRY(need(scope, Kind::nat_gateway, call.params.text("NatGatewayId")));
  for (const Value& one : gateway["NatGatewayAddresses"].items()) {
    table(Kind::network_interface).erase(scope, one.text("NetworkInterfaceId"));
    const Value* address = find(scope, Kind::address, one.text("AllocationId"));
    if (address)
      put(scope, Kind::address,
          Value(*address)
              .without("AssociationId")
              .without("NetworkInterfaceId")
              .without("PrivateIpAddress"));
  }
  table(Kind::nat_gateway).erase(scope, gateway.text("NatGatewayId"));
  return json::object({{"NatGatewayId", gateway["NatGatewayId"]}});
}

Result<Value> Ec2::create_vpc_endpoint(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value vpc = TRY(need(scope, Kind::vpc, call.params.text("VpcId")));
  const std::string_view service = call.params.text("ServiceName");
  if (!service.starts_with("com.amazonaws.") && !service.starts_with("aws.") &&
      !service.starts_with("cn.com.amazonaws.")) {
    return refused("InvalidServiceName",
                   fmt::format("The Vpc Endpoint Service '{}' does not exist", service));
  }
  const auto list = [&](std::string_view member) {
    return call.params[member].is_array() ? call.params[member] : Value::array();
  };
  for (const Value& id : list("RouteTableIds").items())
    TRY(need(scope, Kind::route_table, id.as_string()));
  std::vector<Value> groups, interfaces;
  for (const Value& id : list("SecurityGroupIds").items()) {
    const Value group = TRY(need(scope, Kind::security_group, id.as_string()));
    groups.push_back(
        json::object({{"GroupId", group["GroupId"]}, {"GroupName", group["GroupName"]}}));
  }
  std::vector<Value> subnets;
  for (const Value& id : list("SubnetIds").items())
    subnets.push_back(TRY(need(scope, Kind::subnet, id.as_string())));
  const std::string id = new_id("vpce");
  for (const Value& subnet : subnets) {
    const Value eni =
        TRY(make_interface(scope, subnet,
                           json::object({{"Description", "VPC Endpoint Interface " + id},
                                         {"InterfaceType", "vpc_endpoint"},
                                         {"Groups", list("SecurityGroupIds")}}),
                           Value::array()));
    interfaces.push_back(eni["NetworkInterfaceId"]);
  }
  json::ObjectBuilder made;
  made.add("VpcEndpointId", id)
      .add("VpcEndpointType", call.params.text("VpcEndpointType", "Gateway"))
      .add("VpcId", vpc["VpcId"])
      .add("ServiceName", service);
  made.add("State", "available")
      .add("PolicyDocument", call.params.text("PolicyDocument", kOpenPolicy))
      .add("RouteTableIds", list("RouteTableIds"));
  made.add("SubnetIds", list("SubnetIds")).add("Groups", Value::array(std::move(groups)));
  made.add("PrivateDnsEnabled", call.params["PrivateDnsEnabled"] == Value(true))
      .add("RequesterManaged", false);
  made.add("NetworkInterfaceIds", Value::array(std::move(interfaces)))
      .add("DnsEntries", Value::array())
      .add("CreationTimestamp", call.at.seconds());
  made.add("Tags", tags_given(call)).add("OwnerId", call.account);
  const Value built = made.build();
  put(scope, Kind::vpc_endpoint, built);
  return json::object({{"VpcEndpoint", built}});
}

Result<Value> Ec2::delete_vpc_endpoints(const Call& call) {
  const Scope scope{call.account, call.region};
  std::vector<Value> unsuccessful;
  for (const Value& id : call.params["VpcEndpointIds"].is_array()
                             ? call.params["VpcEndpointIds"].items()
                             : std::span<const Value>()) {
    const auto endpoint = need(scope, Kind::vpc_endpoint, id.as_string());
    if (!endpoint) {
      unsuccessful.push_back(json::object(
          {{"Error",
            json::object({{"Code", endpoint.error().code}, {"Message", endpoint.error().message}})},
           {"ResourceId", id}}));
      continue;
    }
    for (const Value& eni : (*endpoint)["NetworkInterfaceIds"].items())
      table(Kind::network_interface).erase(scope, eni.as_string());
    table(Kind::vpc_endpoint).erase(scope, id.as_string());
  }
  return json::object({{"Unsuccessful", Value::array(std::move(unsuccessful))}});
}

}  // namespace ec2
