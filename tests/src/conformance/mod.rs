//! One suite per port, generic over the implementation and stamped on each by
//! one line in `tests/tests/conformance/`.

