#include "net/curl_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/fair_queue.h"
#include "base/shared_library.h"

namespace net {
namespace {

// The functions of libcurl, bound by load_curl().
decltype(&::curl_easy_cleanup) curl_easy_cleanup;
decltype(&::curl_easy_init) curl_easy_init;
decltype(&::curl_easy_strerror) curl_easy_strerror;
decltype(&::curl_global_init) curl_global_init;
decltype(&::curl_multi_add_handle) curl_multi_add_handle;
decltype(&::curl_multi_cleanup) curl_multi_cleanup;
decltype(&::curl_multi_info_read) curl_multi_info_read;
decltype(&::curl_multi_init) curl_multi_init;
decltype(&::curl_multi_perform) curl_multi_perform;
decltype(&::curl_multi_poll) curl_multi_poll;
decltype(&::curl_multi_remove_handle) curl_multi_remove_handle;
decltype(&::curl_multi_wakeup) curl_multi_wakeup;
decltype(&::curl_slist_append) curl_slist_append;
decltype(&::curl_slist_free_all) curl_slist_free_all;
decltype(&::curl_easy_getinfo) curl_easy_getinfo;
decltype(&::curl_easy_setopt) curl_easy_setopt;
decltype(&::curl_multi_setopt) curl_multi_setopt;

const Status& load_curl() {
  static const Status loaded = load_library("libcurl.so.4", {BIND(curl_easy_cleanup), BIND(curl_easy_init), BIND(curl_easy_strerror),
                                                       BIND(curl_global_init), BIND(curl_multi_add_handle), BIND(curl_multi_cleanup),
                                                       BIND(curl_multi_info_read), BIND(curl_multi_init), BIND(curl_multi_perform),
                                                       BIND(curl_multi_poll), BIND(curl_multi_remove_handle), BIND(curl_multi_wakeup),
                                                       BIND(curl_slist_append), BIND(curl_slist_free_all), BIND(curl_easy_getinfo),
                                                       BIND(curl_easy_setopt), BIND(curl_multi_setopt)});
  return loaded;
}

struct Transfer {
  Request request;
  SendOptions options;
  HttpClient::Done done;
  Response response;
  curl_slist* header_list = nullptr;
  bool too_large = false;

  ~Transfer() {
    if (header_list) curl_slist_free_all(header_list);
  }
};

size_t take_body(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t bytes = size * count;
  if (transfer.response.body.size() + bytes > transfer.options.response_bytes_max) {
    transfer.too_large = true;
    return 0;
  }
  transfer.response.body.append(data, bytes);
  return bytes;
}

size_t take_header(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string_view line(data, size * count);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    transfer.response.headers.list.clear();  // of an informational response before it
  } else if (const size_t colon = line.find(':'); colon != line.npos) {
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    transfer.response.headers.add(line.substr(0, colon), value);
  }
  return size * count;
}

constexpr size_t kAtOnce = 1'024, kAtOnceOfOne = 256;

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(Loop& loop) : loop_(loop) {}

  ~CurlClient() override {
    stop_ = true;
    if (multi_) curl_multi_wakeup(multi_);
    if (thread_.joinable()) thread_.join();
    for (auto& [easy, transfer] : running_) {
      curl_multi_remove_handle(multi_, easy);
      curl_easy_cleanup(easy);
    }
    if (multi_) curl_multi_cleanup(multi_);
  }

  void send(Request request, SendOptions options, Done done) override {
    if (const Status& loaded = load_curl(); !loaded) {
      return loop_.post([done = std::move(done), error = loaded.error()]() mutable { done(std::unexpected(std::move(error))); });
    }
    if (!multi_) begin();
    auto transfer = std::make_unique<Transfer>();
    transfer->request = std::move(request);
    transfer->options = std::move(options);
    transfer->done = std::move(done);
    {
      std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(transfer));
    }
    curl_multi_wakeup(multi_);
  }

 private:
  // Only a server that sends anything pays for curl.
  void begin() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(kAtOnce));
    thread_ = std::thread([this] { work(); });
  }

  void work() {
    while (!stop_) {
      std::deque<std::unique_ptr<Transfer>> fresh;
      {
        std::lock_guard lock(mutex_);
        fresh.swap(waiting_);
      }
      for (auto& transfer : fresh) {
        const std::string owner = transfer->options.owner;
        queue_.add(owner, std::move(transfer));
      }
      start_next();
      int active = 0;
      curl_multi_perform(multi_, &active);
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
      }
      start_next();
      curl_multi_poll(multi_, nullptr, 0, 60'000, nullptr);
    }
  }

  void start_next() {
    while (auto next = queue_.take()) start(std::move(next->second));
  }

  void start(std::unique_ptr<Transfer> transfer) {
    CURL* easy = curl_easy_init();
    Transfer& t = *transfer;
    for (const Header& header : t.request.headers.list) {
      const std::string line = header.value.empty() ? header.name + ";" : header.name + ": " + header.value;
      t.header_list = curl_slist_append(t.header_list, line.c_str());
    }
    t.header_list = curl_slist_append(t.header_list, "Expect:");
    curl_easy_setopt(easy, CURLOPT_URL, t.request.target.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t.header_list);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(t.options.timeout_ms));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min<int64_t>(t.options.timeout_ms, 10'000)));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &t);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &t);
    if (t.request.method == "HEAD") {
      curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (t.request.method != "GET" || !t.request.body.empty()) {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(t.request.body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, t.request.body.data());
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, t.request.method.c_str());
    }
    curl_multi_add_handle(multi_, easy);
    running_.emplace(easy, std::move(transfer));
  }

  void finish(CURL* easy, CURLcode code) {
    auto node = running_.extract(easy);
    auto transfer = std::move(node.mapped());
    queue_.ended(transfer->options.owner);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi_, easy);
    curl_easy_cleanup(easy);
    Result<Response> result;
    if (code == CURLE_OK) {
      transfer->response.status = static_cast<int>(status);
      result = std::move(transfer->response);
    } else if (transfer->too_large) {
      result = fail("HttpTooLarge", fmt::format("the response is larger than {} bytes", transfer->options.response_bytes_max));
    } else {
      result = fail(code == CURLE_OPERATION_TIMEDOUT ? "HttpTimeout" : "HttpConnection", curl_easy_strerror(code));
    }
    loop_.post([done = std::move(transfer->done), result = std::move(result)]() mutable { done(std::move(result)); });
  }

  Loop& loop_;
  CURLM* multi_ = nullptr;
  std::thread thread_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::deque<std::unique_ptr<Transfer>> waiting_;
  // The thread's own. An endpoint that takes calls and never answers holds up its account's alone.
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> running_;
  FairQueue<std::unique_ptr<Transfer>> queue_{kAtOnce, kAtOnceOfOne};
};

}  // namespace

std::unique_ptr<HttpClient> make_curl_client(Loop& loop) { return std::make_unique<CurlClient>(loop); }

}  // namespace net
