#include "containers/oci/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/crypto.h"
#include "base/encoding.h"

namespace containers::oci {
namespace {

constexpr const char* kMetadataAddress = "169.254.170.2";

std::string short_hash(std::string_view text) { return hex_encode(sha256(text)).substr(0, 9); }

// "0a:58:0a:00:00:11" as its six bytes.
std::string hardware_address(std::string_view text) {
  std::string digits(text);
  std::erase(digits, ':');
  return hex_decode(digits).value_or("");
}

// Messages to the kernel's networking (rtnetlink): a header, attributes, attributes in attributes. Several of them
// are one call, each answered.
class Requests {
 public:
  template <typename Header>
  void begin_message(uint16_t type, uint16_t flags, const Header& header) {
    message_ = bytes_.size();
    nlmsghdr head{};
    head.nlmsg_type = type;
    head.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    head.nlmsg_seq = static_cast<uint32_t>(++count_);
    append(head);
    append(header);
  }
  void end_message() {
    const auto length = static_cast<uint32_t>(bytes_.size() - message_);
    std::memcpy(bytes_.data() + message_ + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
  }
  template <typename Header>
  void append(const Header& header) {
    bytes_.append(reinterpret_cast<const char*>(&header), sizeof header);
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }
  void add(uint16_t type, std::string_view value) {
    const size_t at = begin(type);
    bytes_.append(value);
    end(at);
  }
  void add(uint16_t type, uint32_t number) { add(type, {reinterpret_cast<const char*>(&number), sizeof number}); }
  size_t begin(uint16_t type) {
    rtattr attribute{};
    attribute.rta_type = type;
    append(attribute);
    return bytes_.size() - sizeof attribute;
  }
  void end(size_t at) {
    const auto length = static_cast<unsigned short>(bytes_.size() - at);
    std::memcpy(bytes_.data() + at + offsetof(rtattr, rta_len), &length, sizeof length);
    bytes_.resize(RTA_ALIGN(bytes_.size()));
  }
  // 0, or what is wrong with the first that was refused.
  int send(int socket) const {
    if (::send(socket, bytes_.data(), bytes_.size(), 0) < 0) return errno;
    int error = 0;
    for (int answered = 0; answered < count_;) {
      alignas(nlmsghdr) char buffer[8192];
      ssize_t n = recv(socket, buffer, sizeof buffer, 0);
      if (n < 0 && errno == EINTR) continue;
      if (n < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr)))) return EPROTO;
      for (auto* head = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(head, static_cast<size_t>(n)); head = NLMSG_NEXT(head, n)) {
        if (head->nlmsg_type != NLMSG_ERROR) continue;
        ++answered;
        if (error == 0) error = -static_cast<const nlmsgerr*>(NLMSG_DATA(head))->error;
      }
    }
    return error;
  }

 private:
  std::string bytes_;
  size_t message_ = 0;
  int count_ = 0;
};

int netlink() { return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE); }

Status failed(int error) { return fail("Network", fmt::format("Timeout waiting for network interface provisioning to complete. {}", std::strerror(error))); }

// Held by whoever joins a bridge, and alone by whoever takes bridges away.
class BridgeLock {
 public:
  explicit BridgeLock(int how) : fd_(open("/run/gantry-containers.lock", O_RDONLY | O_CREAT | O_CLOEXEC, 0600)) {
    while (fd_ >= 0 && flock(fd_, how) != 0 && errno == EINTR) {
    }
  }
  ~BridgeLock() {
    if (fd_ >= 0) close(fd_);
  }
  BridgeLock(const BridgeLock&) = delete;
  BridgeLock& operator=(const BridgeLock&) = delete;

 private:
  int fd_;
};

// Left alone, the kernel would give the host an address on the bridge by itself, one of version 6 that tasks could reach.
void without_version_6(const std::string& bridge) {
  const int fd = open(fmt::format("/proc/sys/net/ipv6/conf/{}/disable_ipv6", bridge).c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;  // a kernel that has none
  [[maybe_unused]] const ssize_t written = write(fd, "1", 1);
  close(fd);
}

// The VPC's bridge, made where it is not there.
uint32_t bridge_of(const std::string& vpc) {
  const std::string bridge = "gtry-" + short_hash(vpc);
  const int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strncpy(request.ifr_name, bridge.c_str(), IFNAMSIZ - 1);
  if (if_nametoindex(bridge.c_str()) == 0) {
    if (ioctl(s, SIOCBRADDBR, bridge.c_str()) != 0 && errno != EEXIST) {
      close(s);
      return 0;
    }
    without_version_6(bridge);
  }
  if (ioctl(s, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP) == 0) {
    request.ifr_flags |= IFF_UP;
    ioctl(s, SIOCSIFFLAGS, &request);
  }
  const uint32_t index = if_nametoindex(bridge.c_str());
  close(s);
  return index;
}

// A pair of interfaces: one on the bridge, one inside.
Status join_bridge(const TaskSpec& task, int space) {
  const BridgeLock lock(LOCK_SH);
  const uint32_t bridge = bridge_of(task.network->vpc_id);
  if (bridge == 0) return failed(errno);
  Requests request;
  ifinfomsg here{};
  here.ifi_flags = here.ifi_change = IFF_UP;
  request.begin_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, here);
  request.add(IFLA_IFNAME, "gtry" + short_hash(task.id));
  request.add(IFLA_MASTER, bridge);
  // One queue, which is what it comes up with: to take queues away the kernel waits for all processors.
  request.add(IFLA_NUM_TX_QUEUES, 1);
  request.add(IFLA_NUM_RX_QUEUES, 1);
  const size_t info = request.begin(IFLA_LINKINFO);
  request.add(IFLA_INFO_KIND, "veth");
  const size_t data = request.begin(IFLA_INFO_DATA), peer = request.begin(VETH_INFO_PEER);
  request.append(ifinfomsg{});
  request.add(IFLA_IFNAME, std::string_view("eth0", 5));
  request.add(IFLA_ADDRESS, hardware_address(task.network->mac));
  request.add(IFLA_NUM_TX_QUEUES, 1);
  request.add(IFLA_NUM_RX_QUEUES, 1);
  request.add(IFLA_NET_NS_FD, static_cast<uint32_t>(space));
  for (const size_t open : {peer, data, info}) request.end(open);
  request.end_message();
  const int s = netlink();
  const int error = request.send(s);
  close(s);
  if (error != 0) return failed(error);
  return {};
}

void add_address(Requests& requests, uint32_t interface, std::string_view address, uint8_t prefix) {
  in_addr bytes{};
  inet_pton(AF_INET, std::string(address).c_str(), &bytes);
  requests.begin_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, ifaddrmsg{.ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_flags = 0, .ifa_scope = 0, .ifa_index = interface});
  requests.add(IFA_LOCAL, bytes.s_addr);
  requests.add(IFA_ADDRESS, bytes.s_addr);
  requests.end_message();
}

void bring_up(Requests& requests, uint32_t interface) {
  ifinfomsg link{};
  link.ifi_index = static_cast<int>(interface);
  link.ifi_flags = link.ifi_change = IFF_UP;
  requests.begin_message(RTM_NEWLINK, 0, link);
  requests.end_message();
}

uint8_t prefix_of(std::string_view cidr) {
  const size_t slash = cidr.find('/');
  return slash == cidr.npos ? 32 : static_cast<uint8_t>(std::atoi(std::string(cidr.substr(slash + 1)).c_str()));
}

// What belongs to the namespace although we have left it: sockets stay where they were made.
struct Inside {
  int space = -1, requests = -1, plain = -1, metadata = -1;
};

// Loopback, the metadata address, and the interface.
Status configure(const TaskSpec& task, const Inside& inside) {
  Requests requests;
  constexpr uint32_t kLoopback = 1;
  bring_up(requests, kLoopback);
  add_address(requests, kLoopback, kMetadataAddress, 32);
  if (task.network) {
    ifreq request{};
    std::strncpy(request.ifr_name, "eth0", IFNAMSIZ - 1);
    if (ioctl(inside.plain, SIOCGIFINDEX, &request) != 0) return failed(errno);
    const auto interface = static_cast<uint32_t>(request.ifr_ifindex);
    bring_up(requests, interface);
    add_address(requests, interface, task.network->address, prefix_of(task.network->subnet_cidr));
    // Everything is on the wire: whoever is not there does not answer.
    rtmsg route{};
    route.rtm_family = AF_INET;
    route.rtm_table = RT_TABLE_MAIN;
    route.rtm_protocol = RTPROT_BOOT;
    route.rtm_scope = RT_SCOPE_LINK;
    route.rtm_type = RTN_UNICAST;
    requests.begin_message(RTM_NEWROUTE, NLM_F_CREATE, route);
    requests.add(RTA_OIF, interface);
    requests.end_message();
  }
  if (const int error = requests.send(inside.requests); error != 0) return failed(error);
  return {};
}

bool listen_inside(int socket) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  inet_pton(AF_INET, kMetadataAddress, &address.sin_addr);
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(socket, 16) == 0;
}

// Goes into a new namespace for as long as it takes to get hold of it.
Inside make_space() {
  Inside inside;
  const int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (own < 0) return inside;
  if (unshare(CLONE_NEWNET) == 0) {
    inside = {.space = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), .requests = netlink(), .plain = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
              .metadata = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (setns(own, CLONE_NEWNET) != 0) _exit(1);  // never go on in the wrong namespace
  }
  close(own);
  return inside;
}

}  // namespace

Result<TaskNetwork> make_network(const TaskSpec& task) {
  Inside inside = make_space();
  Status status;
  if (inside.space < 0) status = fail("Network", "cannot make a network namespace: gantry needs root for that");
  if (status && task.network) status = join_bridge(task, inside.space);
  if (status) status = configure(task, inside);
  for (const int fd : {inside.requests, inside.plain}) {
    if (fd >= 0) close(fd);
  }
  TaskNetwork network{.space = inside.space, .path = fmt::format("/proc/{}/fd/{}", getpid(), inside.space), .metadata = inside.metadata};
  if (!status) {
    drop_network(network);
    return std::unexpected(std::move(status).error());
  }
  if (task.metadata_url.empty() || !listen_inside(network.metadata)) {
    close(network.metadata);
    network.metadata = -1;
  }
  return network;
}

void remove_empty_bridges() {
  const BridgeLock lock(LOCK_EX);
  // One message for all: the kernel then waits once for whoever still uses one. They are told by their group.
  constexpr uint32_t kGroup = 0x67747279;
  constexpr size_t kAtOnce = 256;
  Requests mark, remove;
  size_t marked = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/class/net", ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("gtry-") || marked == kAtOnce) continue;
    std::error_code none;
    const auto ports = std::filesystem::directory_iterator(entry.path() / "brif", none);
    if (none) continue;
    const uint32_t index = if_nametoindex(name.c_str());
    if (ports != std::filesystem::directory_iterator()) {
      without_version_6(name);  // made by a version that did not know
    } else if (index != 0) {
      ifinfomsg link{};
      link.ifi_index = static_cast<int>(index);
      mark.begin_message(RTM_NEWLINK, 0, link);
      mark.add(IFLA_GROUP, kGroup);
      mark.end_message();
      ++marked;
    }
  }
  if (marked == 0) return;
  remove.begin_message(RTM_DELLINK, 0, ifinfomsg{});
  remove.add(IFLA_GROUP, kGroup);
  remove.end_message();
  const int s = netlink();
  mark.send(s);
  remove.send(s);
  close(s);
}

void drop_network(TaskNetwork& network) {
  for (int* fd : {&network.metadata, &network.space}) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }
}

}  // namespace containers::oci
