// Asio and Beast, compiled once (see CMakeLists.txt: *_SEPARATE_COMPILATION).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
