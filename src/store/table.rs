//! A table of records by number, in shared pages: clone is O(1), a write copies one page.

use std::sync::Arc;

const PAGE: usize = 64;

type Page<T> = Vec<Option<T>>;

/// Records by index, copy-on-write.
#[derive(Clone, Debug)]
pub struct Table<T> {
    pages: Arc<Vec<Arc<Page<T>>>>,
    len: usize,
}

impl<T: Clone> Default for Table<T> {
    fn default() -> Self {
        Table { pages: Arc::default(), len: 0 }
    }
}

impl<T: Clone> Table<T> {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn get(&self, index: u64) -> Option<&T> {
        let index = index as usize;
        self.pages.get(index / PAGE)?.get(index % PAGE)?.as_ref()
    }

    pub fn get_mut(&mut self, index: u64) -> Option<&mut T> {
        let index = index as usize;
        self.get(index as u64)?;
        let page = Arc::make_mut(&mut self.pages).get_mut(index / PAGE)?;
        Arc::make_mut(page).get_mut(index % PAGE)?.as_mut()
    }

    /// Puts a record; returns the one that was there.
    pub fn insert(&mut self, index: u64, record: T) -> Option<T> {
        let index = index as usize;
        let pages = Arc::make_mut(&mut self.pages);
        while pages.len() <= index / PAGE {
            pages.push(Arc::default());
        }
        let page = Arc::make_mut(&mut pages[index / PAGE]);
        if page.len() <= index % PAGE {
            page.resize_with(index % PAGE + 1, || None);
        }
        let old = page[index % PAGE].replace(record);
        self.len += usize::from(old.is_none());
        old
    }

    pub fn remove(&mut self, index: u64) -> Option<T> {
        self.get(index)?;
        let index = index as usize;
        let page = Arc::make_mut(&mut self.pages).get_mut(index / PAGE)?;
        let old = Arc::make_mut(page).get_mut(index % PAGE)?.take();
        self.len -= usize::from(old.is_some());
        old
    }

    /// Records with their index, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> + '_ {
        self.pages.iter().enumerate().flat_map(|(p, page)| {
            page.iter()
                .enumerate()
                .filter_map(move |(i, it)| it.as_ref().map(|it| ((p * PAGE + i) as u64, it)))
        })
    }
}
