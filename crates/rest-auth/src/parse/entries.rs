//! Keys and values in order of first appearance, the last value of a repeated key counting: Python's `dict`,
//! Django's `QueryDict`.

use std::collections::HashMap;

use rest_auth_core::form::Input;

/// An object or a form while it is being read.
#[derive(Default)]
pub(super) struct Entries {
    list: Vec<(String, Input)>,
    places: HashMap<String, usize>,
}

impl Entries {
    /// Notes a value, in the place of an earlier one under the same key.
    pub(super) fn put(&mut self, key: String, value: Input) {
        if let Some(place) = self.places.get(&key) {
            self.list[*place].1 = value;
        } else {
            self.places.insert(key.clone(), self.list.len());
            self.list.push((key, value));
        }
    }

    /// All of it.
    pub(super) fn into_input(self) -> Input {
        Input::Object(self.list)
    }
}
