#include "containers/oci/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/crypto.h"
#include "base/encoding.h"

namespace containers::oci {
namespace {

constexpr const char* kMetadataAddress = "169.254.170.2";

std::string short_hash(std::string_view text) { return hex_encode(sha256(text)).substr(0, 9); }

bool interface_ioctl(int socket, unsigned long request, const std::string& name, const char* address) {
  ifreq request_data{};
  std::strncpy(request_data.ifr_name, name.c_str(), IFNAMSIZ - 1);
  auto* in = reinterpret_cast<sockaddr_in*>(&request_data.ifr_addr);
  in->sin_family = AF_INET;
  return inet_pton(AF_INET, address, &in->sin_addr) == 1 && ioctl(socket, request, &request_data) == 0;
}

bool bring_up(int socket, const std::string& name) {
  ifreq request{};
  std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
  if (ioctl(socket, SIOCGIFFLAGS, &request) != 0) return false;
  request.ifr_flags |= IFF_UP;
  return ioctl(socket, SIOCSIFFLAGS, &request) == 0;
}

// The mask of "10.0.0.0/24" as an address.
std::string netmask(std::string_view cidr) {
  const size_t slash = cidr.find('/');
  const int bits = slash == cidr.npos ? 32 : std::atoi(std::string(cidr.substr(slash + 1)).c_str());
  const uint32_t mask = bits == 0 ? 0 : ~uint32_t{0} << (32 - bits);
  return fmt::format("{}.{}.{}.{}", mask >> 24, mask >> 16 & 255, mask >> 8 & 255, mask & 255);
}

// Everything is on the wire: whoever is not there does not answer.
bool route_everything(int socket, const std::string& device) {
  rtentry route{};
  route.rt_dst.sa_family = route.rt_genmask.sa_family = AF_INET;
  route.rt_flags = RTF_UP;
  std::string name = device;
  route.rt_dev = name.data();
  return ioctl(socket, SIOCADDRT, &route) == 0;
}

// Inside the namespace: loopback, the metadata address, and the interface.
bool configure(const TaskSpec& task) {
  const int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return false;
  bool ok = bring_up(s, "lo");
  ok = ok && interface_ioctl(s, SIOCSIFADDR, "lo:1", kMetadataAddress) && interface_ioctl(s, SIOCSIFNETMASK, "lo:1", "255.255.255.255");
  if (task.network) {
    ok = ok && interface_ioctl(s, SIOCSIFADDR, "eth0", task.network->address.c_str());
    ok = ok && interface_ioctl(s, SIOCSIFNETMASK, "eth0", netmask(task.network->subnet_cidr).c_str());
    ok = ok && bring_up(s, "eth0") && route_everything(s, "eth0");
  }
  close(s);
  return ok;
}

// The process that keeps the namespace: configures it once told that its interface is there, then sleeps until
// its parent is gone.
[[noreturn]] void hold(const TaskSpec& task, int from_parent, int to_parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  char byte = unshare(CLONE_NEWNET) == 0 ? 'n' : 'x';
  if (write(to_parent, &byte, 1) != 1 || read(from_parent, &byte, 1) != 1) _exit(1);
  byte = configure(task) ? 'c' : 'x';
  if (write(to_parent, &byte, 1) != 1) _exit(1);
  close_range(0, ~0U, 0);
  while (true) pause();
}

int listen_inside(const std::string& path) {
  const int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), theirs = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  int s = -1;
  if (own >= 0 && theirs >= 0 && setns(theirs, CLONE_NEWNET) == 0) {
    s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(80);
    inet_pton(AF_INET, kMetadataAddress, &address.sin_addr);
    const int on = 1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(s, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(s, 16) != 0) {
      close(s);
      s = -1;
    }
    if (setns(own, CLONE_NEWNET) != 0) _exit(1);  // never go on in the wrong namespace
  }
  if (own >= 0) close(own);
  if (theirs >= 0) close(theirs);
  return s;
}

// "0a:58:0a:00:00:11" as its six bytes.
std::string hardware_address(std::string_view text) {
  std::string digits(text);
  std::erase(digits, ':');
  return hex_decode(digits).value_or("");
}

std::string_view bytes_of(const uint32_t& number) { return {reinterpret_cast<const char*>(&number), sizeof number}; }

// "Make this link", to the kernel (rtnetlink): a header, attributes, attributes in attributes.
class LinkRequest {
 public:
  void header(unsigned flags) {
    ifinfomsg link{};
    link.ifi_family = AF_UNSPEC;
    link.ifi_flags = link.ifi_change = flags;
    body_.append(reinterpret_cast<const char*>(&link), sizeof link);
  }
  void add(uint16_t type, std::string_view value) {
    const size_t at = begin(type);
    body_.append(value);
    end(at);
  }
  size_t begin(uint16_t type) {
    rtattr attribute{};
    attribute.rta_type = type;
    body_.append(reinterpret_cast<const char*>(&attribute), sizeof attribute);
    return body_.size() - sizeof attribute;
  }
  void end(size_t at) {
    const auto length = static_cast<unsigned short>(body_.size() - at);
    std::memcpy(body_.data() + at + offsetof(rtattr, rta_len), &length, sizeof length);
    body_.resize(RTA_ALIGN(body_.size()));
  }
  // 0, or what is wrong.
  int send() const {
    nlmsghdr head{};
    head.nlmsg_len = static_cast<uint32_t>(sizeof head + body_.size());
    head.nlmsg_type = RTM_NEWLINK;
    head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    const std::string message = std::string(reinterpret_cast<const char*>(&head), sizeof head) + body_;
    const int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct {
      nlmsghdr head;
      nlmsgerr answer;
      char rest[4096];
    } told{};
    int error = 0;
    if (s < 0 || ::send(s, message.data(), message.size(), 0) < 0) {
      error = errno;
    } else if (recv(s, &told, sizeof told, 0) < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(int))) || told.head.nlmsg_type != NLMSG_ERROR) {
      error = EPROTO;
    } else {
      error = -told.answer.error;
    }
    if (s >= 0) close(s);
    return error;
  }

 private:
  std::string body_;
};

Status join_bridge(const TaskSpec& task, pid_t holder) {
  const std::string bridge = "gtry-" + short_hash(task.network->vpc_id);
  const std::string veth = "gtry" + short_hash(task.id);
  const int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (ioctl(s, SIOCBRADDBR, bridge.c_str()) == 0 || errno == EEXIST) bring_up(s, bridge);
  close(s);
  LinkRequest request;
  request.header(IFF_UP);
  request.add(IFLA_IFNAME, veth);
  const uint32_t master = if_nametoindex(bridge.c_str());
  request.add(IFLA_MASTER, bytes_of(master));
  const size_t info = request.begin(IFLA_LINKINFO);
  request.add(IFLA_INFO_KIND, "veth");
  const size_t data = request.begin(IFLA_INFO_DATA), peer = request.begin(VETH_INFO_PEER);
  request.header(0);
  request.add(IFLA_IFNAME, std::string_view("eth0", 5));
  const std::string mac = hardware_address(task.network->mac);
  request.add(IFLA_ADDRESS, mac);
  const auto pid = static_cast<uint32_t>(holder);
  request.add(IFLA_NET_NS_PID, bytes_of(pid));
  for (const size_t open : {peer, data, info}) request.end(open);
  if (const int error = request.send(); error != 0) {
    return fail("Network", fmt::format("Timeout waiting for network interface provisioning to complete. {}", std::strerror(error)));
  }
  return {};
}

}  // namespace

Result<TaskNetwork> make_network(const TaskSpec& task) {
  int to_child[2], to_parent[2];
  if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(to_parent, O_CLOEXEC) != 0) return fail("Network", std::strerror(errno));
  TaskNetwork network;
  network.holder = fork();
  if (network.holder == 0) hold(task, to_child[0], to_parent[1]);
  close(to_child[0]), close(to_parent[1]);
  Status status;
  char byte = 0;
  if (network.holder < 0 || read(to_parent[0], &byte, 1) != 1 || byte != 'n') {
    status = fail("Network", "cannot make a network namespace: gantry needs root for that");
  }
  if (status && task.network) status = join_bridge(task, network.holder);
  if (status && (write(to_child[1], "g", 1) != 1 || read(to_parent[0], &byte, 1) != 1 || byte != 'c')) {
    status = fail("Network", "Timeout waiting for network interface provisioning to complete.");
  }
  close(to_child[1]), close(to_parent[0]);
  if (!status) {
    drop_network(network);
    return std::unexpected(std::move(status).error());
  }
  network.path = fmt::format("/proc/{}/ns/net", network.holder);
  if (!task.metadata_url.empty()) network.metadata = listen_inside(network.path);
  return network;
}

void drop_network(TaskNetwork& network) {
  if (network.metadata >= 0) close(network.metadata);
  network.metadata = -1;
  if (network.holder <= 0) return;
  kill(network.holder, SIGKILL);
  waitpid(network.holder, nullptr, 0);
  network.holder = -1;
}

}  // namespace containers::oci
