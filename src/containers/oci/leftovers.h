#pragma once
// What servers that are no more have left on the machine: groups and sockets of tasks whose supervisor was killed and whose
// folder went before a server looked at it again, bridges of VPCs that nobody is in. Each of them slows down what comes after, a bridge
// most of all: the kernel walks its routes whenever an interface comes up.
namespace containers::oci {

// Takes away what is nobody's; what may be another server's stays. Takes seconds where there is much.
void remove_leftovers();

}  // namespace containers::oci
