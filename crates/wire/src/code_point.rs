/// Declares a code point: a newtype over its number whose known values have names and whose unknown values survive and print
/// in hexadecimal.
///
/// ```
/// wire::code_points! {
///     /// Exchange types (RFC 2408 §3.1).
///     pub struct Exchange(u8) { MAIN_MODE = 2 => "main mode" }
/// }
/// assert_eq!(Exchange(2), Exchange::MAIN_MODE);
/// assert_eq!(Exchange(2).to_string(), "main mode");
/// assert_eq!(Exchange(243).to_string(), "0xf3");
/// ```
#[macro_export]
macro_rules! code_points {
    ($(#[$meta:meta])* $vis:vis struct $name:ident($int:ty) { $($(#[$item_meta:meta])* $item:ident = $value:expr => $text:expr),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(pub $int);

        impl $name {
            $(
                $(#[$item_meta])*
                #[doc = $text]
                pub const $item: $name = $name($value);
            )*

            /// The field's name for this value, if it has one.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $($name::$item => Some($text),)*
                    _ => None,
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{:#x}", self.0),
                }
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self.name() {
                    Some(name) => write!(f, "{}({} {})", stringify!($name), self.0, name),
                    None => write!(f, "{}({:#x})", stringify!($name), self.0),
                }
            }
        }
    };
}
