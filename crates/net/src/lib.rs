//! Sockets with segmentation offload, TUN, netlink: the only crate with system calls.
