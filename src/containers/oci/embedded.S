// The empty libsystemd (no_systemd.S), as bytes in the binary: crun.cpp gives them to crun.
  .section .rodata.no_systemd, "a", @progbits
  .globl gantry_no_systemd_begin, gantry_no_systemd_end
gantry_no_systemd_begin:
  .incbin "no_systemd.so"
gantry_no_systemd_end:

  .section .note.GNU-stack, "", %progbits
