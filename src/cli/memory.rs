//! Memory that runs out.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;

/// The system's memory. Where there is no more of it, the process says so and exits
/// with code 1, our own failure, instead of aborting.
#[derive(Debug)]
pub struct Memory;

// SAFETY: every call goes to the system's allocator as it is; what comes back is never null.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller guarantees.
        granted(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller guarantees.
        granted(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller guarantees.
        granted(unsafe { System.realloc(place, layout, size) }, size)
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as the caller guarantees.
        unsafe { System.dealloc(place, layout) }
    }
}

fn granted(place: *mut u8, size: usize) -> *mut u8 {
    if place.is_null() { end(size) } else { place }
}

/// Neither writing to standard error nor leaving takes memory.
#[cold]
fn end(size: usize) -> ! {
    let _ = writeln!(
        std::io::stderr().lock(),
        "error: out of memory: {size} B more were refused\n = fewer runs at a time (-j 1), fewer nodes, a network.degree \
         or a larger swarm.group take less; finished runs of a sweep are kept"
    );
    std::process::exit(1)
}
