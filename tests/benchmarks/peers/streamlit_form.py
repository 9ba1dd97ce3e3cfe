"""The small form as Streamlit makes it: ``streamlit run streamlit_form.py``. A text reaches it with the Enter key, not before."""

import streamlit

name = streamlit.text_input("Name")
kind = streamlit.selectbox("Kind", ["mail", "text", "push"])
streamlit.button("Send")
streamlit.text(f"{kind}: {name}")
