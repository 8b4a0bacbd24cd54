// Route tables.
#include <fmt/format.h>

#include <algorithm>

#include "services/ec2/cidr.h"
#include "services/ec2/ec2.h"

namespace ec2 {

using json::Value;

namespace {
std::vector<Value> list_of(const Value& value) {
  if (!value.is_array()) return {};
  return {value.items().begin(), value.items().end()};
}
}  // namespace

Result<Value> Ec2::create_route_table(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value vpc = TRY(need(scope, Kind::vpc, call.params.text("VpcId")));
  const Value local = json::object({{"DestinationCidrBlock", vpc.text("CidrBlock")},
                                    {"GatewayId", "local"},
                                    {"Origin", "CreateRouteTable"},
                                    {"State", "active"}});
  const Value made = json::object({{"RouteTableId", new_id("rtb")},
                                   {"VpcId", vpc.text("VpcId")},
                                   {"OwnerId", call.account},
                                   {"Routes", json::array({local})},
                                   {"Associations", Value::array()},
                                   {"PropagatingVgws", Value::array()},
                                   {"Tags", tags_given(call)}});
  put(scope, Kind::route_table, made);
  return json::object({{"RouteTable", made}});
}

Result<Value> Ec2::delete_route_table(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value table_of = TRY(need(scope, Kind::route_table, call.params.text("RouteTableId")));
  if (table_of["Associations"].size() > 0) {
    return refused("DependencyViolation",
                   fmt::format("The routeTable '{}' has dependencies and cannot be deleted.",
                               table_of.text("RouteTableId")));
  }
  table(Kind::route_table).erase(scope, table_of.text("RouteTableId"));
  return Value::object();
}

Result<Value> Ec2::create_route(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value table_of = TRY(need(scope, Kind::route_table, call.params.text("RouteTableId")));
  json::ObjectBuilder route;
  std::string destination(call.params.text("DestinationCidrBlock"));
  if (!destination.empty() && !Cidr::parse(destination)) {
    return refused("InvalidParameterValue",
                   fmt::format("Value ({}) for parameter destinationCidrBlock is invalid. This is "
                               "not a valid CIDR block.",
                               destination));
  }
  for (const std::string_view member :
       {"DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "GatewayId",
        "NatGatewayId", "NetworkInterfaceId", "InstanceId", "VpcPeeringConnectionId",
        "TransitGatewayId", "EgressOnlyInternetGatewayId"}) {
    if (const Value* value = call.params.find(member)) route.add(member, *value);
  }
  if (const std::string_view gateway = call.params.text("GatewayId"); gateway.starts_with("igw-"))
    TRY(need(scope, Kind::internet_gateway, gateway));
  if (const std::string_view gateway = call.params.text("NatGatewayId"); !gateway.empty())
    TRY(need(scope, Kind::nat_gateway, gateway));
  std::vector<Value> routes = list_of(table_of["Routes"]);
  for (const Value& there : routes) {
    if (!destination.empty() && there.text("DestinationCidrBlock") == destination) {
      return refused("RouteAlreadyExists",
                     fmt::format("The route identified by {} already exists.", destination));
    }
  }
  routes.push_back(route.add("Origin", "CreateRoute").add("State", "active").build());
  put(scope, Kind::route_table, table_of.with("Routes", Value::array(std::move(routes))));
  return json::object({{"Return", true}});
}

Result<Value> Ec2::delete_route(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value table_of = TRY(need(scope, Kind::route_table, call.params.text("RouteTableId")));
  std::vector<Value> routes = list_of(table_of["Routes"]);
  const std::string_view destination = call.params.text("DestinationCidrBlock");
  const auto gone = std::erase_if(routes, [&](const Value& route) {
    return (!destination.empty() && route.text("DestinationCidrBlock") == destination) ||
           (call.params.find("DestinationIpv6CidrBlock") &&
            route.text("DestinationIpv6CidrBlock") == call.params.text("DestinationIpv6CidrBlock"));
  });
  if (gone == 0)
    return refused("InvalidRoute.NotFound",
                   fmt::format("no route with destination-cidr-block {} in route table {}",
                               destination, table_of.text("RouteTableId")));
  put(scope, Kind::route_table, table_of.with("Routes", Value::array(std::move(routes))));
  return Value::object();
}

Result<Value> Ec2::associate_route_table(const Call& call) {
  const Scope scope{call.account, call.region};
  const Value table_of = TRY(need(scope, Kind::route_table, call.params.text("RouteTableId")));
  const Value subnet = TRY(need(scope, Kind::subnet, call.params.text("SubnetId")));
  for (const auto& [id, other] : table(Kind::route_table).all(scope)) {
    for (const Value& association : other.shown["Associations"].items()) {
      if (association.text("SubnetId") == subnet.text("SubnetId")) {
        return refused("Resource.AlreadyAssociated",
                       fmt::format("the specified association for route table {} conflicts with an "
                                   "existing association",
                                   table_of.text("RouteTableId")));
      }
    }
  }
  const std::string id = new_id("rtbassoc");
  std::vector<Value> associations = list_of(table_of["Associations"]);
  associations.push_back(
      json::object({{"Main", false},
                    {"RouteTableAssociationId", id},
                    {"RouteTableId", table_of.text("RouteTableId")},
                    {"SubnetId", subnet.text("SubnetId")},
                    {"AssociationState", json::object({{"State", "associated"}})}}));
  put(scope, Kind::route_table,
      table_of.with("Associations", Value::array(std::move(associations))));
  return json::object(
      {{"AssociationId", id}, {"AssociationState", json::object({{"State", "associated"}})}});
}

Result<Value> Ec2::disassociate_route_table(const Call& call) {
  const Scope scope{call.account, call.region};
  const std::string_view id = call.params.text("AssociationId");
  for (const auto& [key, document] : table(Kind::route_table).all(scope)) {
    std::vector<Value> associations = list_of(document.shown["Associations"]);
    if (std::erase_if(associations,
                      [&](const Value& a) { return a.text("RouteTableAssociationId") == id; }) == 0)
      continue;
    put(scope, Kind::route_table,
        document.shown.with("Associations", Value::array(std::move(associations))));
    return Value::object();
  }
  return refused("InvalidAssociationID.NotFound",
                 fmt::format("The association ID '{}' does not exist", id));
}

}  // namespace ec2
