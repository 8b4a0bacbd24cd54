#pragma once
// EC2's networking: VPCs, subnets, gateways, route tables, security groups, interfaces.
//
// Every resource is kept as the very document that Describe... shows, so that describing and
// filtering is one piece of code for all of them (describe.cpp). Addresses are real: containers get
// what CreateNetworkInterface takes from a subnet.
#include <array>
#include <map>
#include <string>
#include <vector>

#include "services/service.h"
#include "services/table.h"

namespace ec2 {

enum class Kind : uint8_t {
  vpc,
  subnet,
  internet_gateway,
  route_table,
  security_group,
  network_interface,
  network_acl,
  address,
  nat_gateway,
  vpc_endpoint,
  count
};

// A document of a resource, as it is shown.
struct Document {
  json::Value shown;
};
json::Value to_json(const Document& document);
Document from_json(const json::Value& value, std::type_identity<Document>);

class Ec2 final : public services::Service {
 public:
  explicit Ec2(services::Kit& kit);
  void load() override;

 private:
  using Call = protocol::Call;
  using Value = json::Value;
  using Scope = services::Scope;
  using Answer = Result<Value> (Ec2::*)(const Call&);

  // vpcs.cpp
  Result<Value> create_vpc(const Call& call);
  Result<Value> delete_vpc(const Call& call);
  Result<Value> describe_vpc_attribute(const Call& call);
  Result<Value> modify_vpc_attribute(const Call& call);
  Result<Value> create_subnet(const Call& call);
  Result<Value> delete_subnet(const Call& call);
  Result<Value> modify_subnet_attribute(const Call& call);
  Result<Value> create_network_interface(const Call& call);
  Result<Value> delete_network_interface(const Call& call);
  // gateways.cpp
  Result<Value> create_internet_gateway(const Call& call);
  Result<Value> attach_internet_gateway(const Call& call);
  Result<Value> detach_internet_gateway(const Call& call);
  Result<Value> delete_internet_gateway(const Call& call);
  Result<Value> allocate_address(const Call& call);
  Result<Value> release_address(const Call& call);
  Result<Value> create_nat_gateway(const Call& call);
  Result<Value> delete_nat_gateway(const Call& call);
  Result<Value> create_vpc_endpoint(const Call& call);
  Result<Value> delete_vpc_endpoints(const Call& call);
  // routes.cpp
  Result<Value> create_route_table(const Call& call);
  Result<Value> delete_route_table(const Call& call);
  Result<Value> create_route(const Call& call);
  Result<Value> delete_route(const Call& call);
  Result<Value> associate_route_table(const Call& call);
  Result<Value> disassociate_route_table(const Call& call);
  // security_groups.cpp
  Result<Value> create_security_group(const Call& call);
  Result<Value> delete_security_group(const Call& call);
  Result<Value> authorize_rules(const Call& call);
  Result<Value> revoke_rules(const Call& call);
  Result<Value> describe_rules(const Call& call);
  Result<Value> need_security_group(const Call& call);
  void put_security_group(const Scope& scope, const Value& group, std::vector<Value> rules);
  std::string make_security_group(const Scope& scope, const std::string& partition,
                                  std::string_view vpc_id, std::string_view name,
                                  std::string_view description, const Value& tags);
  // describe.cpp
  Result<Value> describe(const Call& call, Kind kind);
  Result<Value> describe_zones(const Call& call);
  Result<Value> describe_regions(const Call& call);
  Result<Value> describe_account_attributes(const Call& call);
  Result<Value> describe_prefix_lists(const Call& call);
  Result<Value> describe_tags(const Call& call);
  Result<Value> change_tags(const Call& call);
  // A document as Describe... shows it: without what we keep beside, with what is counted.
  Value shown(const Scope& scope, Kind kind, const Value& document);
  // One page of a listing, by MaxResults and NextToken.
  Result<Value> page(const Call& call, std::string_view member,
                     const std::vector<Value>& list) const;

  // --- shared ---
  services::Table<Document>& table(Kind kind) { return tables_[static_cast<size_t>(kind)]; }
  const Value* find(const Scope& scope, Kind kind, std::string_view id);
  Result<Value> need(const Scope& scope, Kind kind,
                     std::string_view id);  // or Invalid...ID.NotFound
  void put(const Scope& scope, Kind kind, const Value& shown);
  std::string new_id(std::string_view prefix);
  Value tags_given(const Call& call) const;  // of TagSpecifications
  // The VPC that every account has in every region, made when somebody first looks.
  void ensure_default_vpc(const Scope& scope, const std::string& partition);
  Value make_vpc(const Scope& scope, const std::string& partition, const std::string& cidr,
                 bool is_default, const Value& tags);
  Result<Value> make_interface(const Scope& scope, const Value& subnet, const Value& params,
                               const Value& tags);
  std::string new_public_address(const Scope& scope);
  Value make_subnet(const Scope& scope, const std::string& partition, const std::string& vpc_id,
                    const std::string& cidr, const std::string& zone, bool is_default,
                    const Value& tags);
  std::string default_security_group(const Scope& scope, std::string_view vpc_id);
  bool anything_in(const Scope& scope, std::string_view member, std::string_view id,
                   std::initializer_list<Kind> kinds);

  services::Kit& kit_;
  std::vector<services::Table<Document>> tables_;
  services::Table<Document> seen_;  // the regions of accounts that have had their default VPC
};

// The member that names a resource of the kind ("VpcId") and what its ids begin with ("vpc-").
struct KindInfo {
  std::string_view id_member, list_member, ids_param, not_found, type;
};
const KindInfo& info(Kind kind);

constexpr std::string_view kZoneLetters = "abc";
// "us-east-1a" is "use1-az1".
std::string zone_id(std::string_view zone);
// Whether a document is what a call's Filters look for.
bool passes_filters(const json::Value& document, const json::Value& filters);

std::unexpected<Error> refused(std::string code, std::string message);

}  // namespace ec2
