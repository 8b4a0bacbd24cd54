// Internet gateways, addresses, NAT gateways and endpoints.
#include <fmt/format.h>

#include "base/time_text.h"
#include "services/ec2/cidr.h"
#include "services/ec2/ec2.h"

namespace ec2 {

using json::Value;

Result<Value> Ec2::create_internet_gateway(const Call& call) {
  const Value made = json::object({{"InternetGatewayId", new_id("igw")}, {"OwnerId", call.account}, {"Attachments", Value::array()}, {"Tags", tags_given(call)}});
  put({call.account, call.region}, Kind::internet_gateway, made);
  return json::object({{"InternetGateway", made}});
}

Result<Value> Ec2::attach_internet_gateway(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value gateway = TRY(need(scope, Kind::internet_gateway, call.params.text("InternetGatewayId")));
  const Value vpc = TRY(need(scope, Kind::vpc, call.params.text("VpcId")));
  if (gateway["Attachments"].size() > 0) {
    return refused("Resource.AlreadyAssociated", fmt::format("resource {} is already attached to network {}", gateway.text("InternetGatewayId"),
                                                             gateway["Attachments"][size_t{0}].text("VpcId")));
  }
  for (const auto& [id, other] : table(Kind::internet_gateway).all(scope)) {
    for (const Value& attachment : other.shown["Attachments"].items()) {
      if (attachment.text("VpcId") != vpc.text("VpcId")) continue;
      return refused("InvalidParameterValue", fmt::format("Network {} already has an internet gateway attached", vpc.text("VpcId")));
    }
  }
  put(scope, Kind::internet_gateway, gateway.with("Attachments", json::array({json::object({{"State", "available"}, {"VpcId", vpc.text("VpcId")}})})));
  return Value::object();
}

Result<Value> Ec2::detach_internet_gateway(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value gateway = TRY(need(scope, Kind::internet_gateway, call.params.text("InternetGatewayId")));
  const Value& attachments = gateway["Attachments"];
  if (attachments.size() == 0 || attachments[size_t{0}].text("VpcId") != call.params.text("VpcId")) {
    return refused("Gateway.NotAttached", fmt::format("resource {} is not attached to network {}", gateway.text("InternetGatewayId"), call.params.text("VpcId")));
  }
  put(scope, Kind::internet_gateway, gateway.with("Attachments", Value::array()));
  return Value::object();
}

Result<Value> Ec2::delete_internet_gateway(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value gateway = TRY(need(scope, Kind::internet_gateway, call.params.text("InternetGatewayId")));
  if (gateway["Attachments"].size() > 0) {
    return refused("DependencyViolation", fmt::format("The internetGateway '{}' has dependencies and cannot be deleted.", gateway.text("InternetGatewayId")));
  }
  table(Kind::internet_gateway).erase(scope, gateway.text("InternetGatewayId"));
  return Value::object();
}

Result<Value> Ec2::allocate_address(const Call& call) {
  // From the block that RFC 5737 keeps for documentation: nothing answers there.
  const std::string address = fmt::format("203.0.113.{}", 1 + kit_.random.below(254));
  const Value made = json::object({{"AllocationId", new_id("eipalloc")}, {"PublicIp", address}, {"Domain", "vpc"}, {"PublicIpv4Pool", "amazon"},
                                   {"NetworkBorderGroup", call.region}, {"Tags", tags_given(call)}});
  put({call.account, call.region}, Kind::address, made);
  return made;
}

Result<Value> Ec2::release_address(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value address = TRY(need(scope, Kind::address, call.params.text("AllocationId")));
  table(Kind::address).erase(scope, address.text("AllocationId"));
  return Value::object();
}

Result<Value> Ec2::create_nat_gateway(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value subnet = TRY(need(scope, Kind::subnet, call.params.text("SubnetId")));
  const Value* address = find(scope, Kind::address, call.params.text("AllocationId"));
  const Value made = json::object({{"NatGatewayId", new_id("nat")}, {"SubnetId", subnet.text("SubnetId")}, {"VpcId", subnet.text("VpcId")}, {"State", "available"},
                                   {"ConnectivityType", call.params.text("ConnectivityType", "public")}, {"CreateTime", call.at.seconds()}, {"Tags", tags_given(call)},
                                   {"NatGatewayAddresses", json::array({json::object({{"AllocationId", call.params.text("AllocationId")},
                                                                                      {"PublicIp", address ? address->text("PublicIp") : ""}})})}});
  put(scope, Kind::nat_gateway, made);
  return json::object({{"NatGateway", made}});
}

Result<Value> Ec2::delete_nat_gateway(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value gateway = TRY(need(scope, Kind::nat_gateway, call.params.text("NatGatewayId")));
  table(Kind::nat_gateway).erase(scope, gateway.text("NatGatewayId"));
  return json::object({{"NatGatewayId", gateway.text("NatGatewayId")}});
}

Result<Value> Ec2::create_vpc_endpoint(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value vpc = TRY(need(scope, Kind::vpc, call.params.text("VpcId")));
  const auto list = [&](std::string_view member) { return call.params[member].is_array() ? call.params[member] : Value::array(); };
  const Value made = json::object({{"VpcEndpointId", new_id("vpce")}, {"VpcEndpointType", call.params.text("VpcEndpointType", "Gateway")}, {"VpcId", vpc.text("VpcId")},
                                   {"ServiceName", call.params.text("ServiceName")}, {"State", "available"}, {"RouteTableIds", list("RouteTableIds")},
                                   {"SubnetIds", list("SubnetIds")}, {"CreationTimestamp", call.at.seconds()}, {"OwnerId", call.account}, {"Tags", tags_given(call)}});
  put(scope, Kind::vpc_endpoint, made);
  return json::object({{"VpcEndpoint", made}});
}

Result<Value> Ec2::delete_vpc_endpoints(const Call& call) {
  const Scope scope{call.account, call.region};
  if (call.params["VpcEndpointIds"].is_array()) {
    for (const Value& id : call.params["VpcEndpointIds"].items()) {
      TRY(need(scope, Kind::vpc_endpoint, id.as_string()));
      table(Kind::vpc_endpoint).erase(scope, id.as_string());
    }
  }
  return json::object({{"Unsuccessful", Value::array()}});
}

}  // namespace ec2
