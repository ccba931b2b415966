"""ROS 2 nodes around the library `motiongpt`."""
