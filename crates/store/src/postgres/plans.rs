//! What is asked all the time is answered from an index, however much waits.
