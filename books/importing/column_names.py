"""What people call the columns of a list of books, by field, in the languages of Europe and East Asia and some more.

Compared without case, accents, spaces and punctuation. The first are the most usual: of two columns for one field, the
one whose name stands first is taken. What is not here is not guessed, since a wrong guess would put wrong values in.
"""

from functools import cache

from books.metadata.folding import fold
from books.metadata.record import CLEANERS

NAMES = {
    "title": (
        "title booktitle titel titre titulo titolo tytul название naslov nazev bookname nameofbook titlename "
        "buchtitel 書名 書籍名 タイトル 作品名 本のタイトル 题名 書目 书名 題名 标题 標題 제목 도서명 서명 "
        "العنوان عنوان כותר заглавие назва τιτλος başlık kitapadi cim bok boktitel nombredellibro otsikko nimeke "
        "tytuł 书籍名称 图书名称 题目 资料名 資料名 書誌名 libro livre buch boek książka libronombre kitap judul "
        "tựađề nhanđề kitapadı tytułksiążki livretitre titredulivre titulodellibro tituloprincipal "
        "titoloprincipale "
        "tựasách tênsách nimi kitapismi ชื่อเรื่อง ชื่อหนังสือ judulbuku knyga pavadinimas nosaukums raamat "
        "pealkiri titul naslovknjige"
    ),
    "subtitle": (
        "subtitle untertitel zusatz soustitre subtitulo sottotitolo ondertitel podtytul undertitel подзаголовок "
        "副題 副書名 サブタイトル 副标题 副標題 부제 podtytuł titlesubtitle"
    ),
    "authors": (
        "author authors writtenby writer writers creator creators by authorname autor autoren verfasser verfasserin "
        "schriftsteller auteur auteurs ecrivain autores autora autore autori scrittore schrijver schrijvers "
        "autorzy författare forfattare forfatter автор авторы автори primaryauthor mainauthor 著者 著者名 作者 "
        "作者名 作家 著 저자 지은이 작가 المؤلف מחבר συγγραφεας yazar szerzo kirjailija tekija autorowie "
        "verfasserinnen autorinnen autoreseditores autorautorzy autorimiona autorname authorfirstlast "
        "authorlastfirst авторкниги 著者等 編著者 责任者 責任者 kirjoittaja tácgiả penulis "
        "autora  ผู้แต่ง ผู้เขียน pengarang auteursachternaam autorius autors kirjanik autorautora "
        "kirjailijat författarnamn"
    ),
    "contributors": (
        "contributor translator translators translatedby übersetzer übersetzerin übersetzung traducteur traductrice "
        "traducteurs traductor traductores traduttore traduttori tradutor tradutores vertaler tłumacz переводчик "
        "překladatel překlad översättare oversetter oversætter fordító çevirmen kääntäjä 訳者 翻訳者 译者 譯者 옮긴이 "
        "editor editors herausgeber herausgeberin redaktor redaktör curatore 編者 編集者 编者 主编 엮은이 "
        "illustrator illustrators illustratedby illustrateur illustratrice ilustrador ilustradores illustratore "
        "ilustrator иллюстратор 絵 画家 イラスト narrator narrators narratedby sprecher sprecherin narrateur 朗読者 "
        "photographer photographers composer adapter compiler colorist letterer inker"
    ),
    "isbn13": (
        "isbn isbn13 isbn10 isbnean ean ean13 isbnnumber isbnnummer isbnnr isbncode isbn1013 isbn13isbn10 "
        "isbnissn isbnuid isbnbarcode barcode strichcode codebarre isbn番号 国際標準図書番号 isbn号 isbnисбн "
        "isbnnumer isbnasin "
        "isbnコード isbn13桁 mãisbn eanisbn isbn13ean codeisbn numeroisbn"
    ),
    "publisher": (
        "publisher publishers press publishinghouse verlag verlagsname editeur maisondedition editorial editora "
        "editore casaeditrice uitgever uitgeverij wydawnictwo wydawca forlag förlag издательство видавництво "
        "出版社 出版者 発行所 発行者 出版商 출판사 الناشر yayinevi nakladatelstvi kiado kustantaja "
        "nhàxuấtbản nxb penerbit הוצאה הוצאתספרים forlaget vydavatelstvi vydavatelstvo εκδότης εκδόσεις "
        "สำนักพิมพ์ casaeditora nakladnik uitgavehuis دارالنشر"
    ),
    "published_year": (
        "publishedyear year yearpublished publicationyear originalpublicationyear published pubyear pubdate "
        "publicationdate publishdate datepublished dateofpublication publisheddate firstpublished copyright jahr "
        "erscheinungsjahr erscheinungsdatum erschienen veroffentlichungsjahr annee anneedepublication "
        "anneedeparution datedepublication dateparution datedeparution parution ano anodepublicacion "
        "anopublicacion anodeedicion fechadepublicacion anodepublicacao anodeedicao anno annodipubblicazione "
        "annopubblicazione datadipubblicazione jaar jaarvanuitgave publicatiejaar uitgavejaar rok rokwydania "
        "datawydania ar utgivningsar utgivelsesar aar год годиздания рік рiк рікнаписання ріквидання 年 出版年 "
        "発行年 刊行年 出版年月 発行日 出版日 出版日期 出版时间 刊年 출판년도 출간일 발행년 yil basimyili "
        "rokvydani kiadaseve "
        "năm nămxuấtbản nămxb julkaisuvuosi udgivelsesår udgivetår utgittår έτος έτοςέκδοσης χρονολογία שנה "
        "שנתהוצאה ปีที่พิมพ์ tahun tahunterbit سنةالنشر السنة datededition anneedition anneeedition "
        "originalyear firstpublishyear kiadáséve megjelenéséve erscheinungstermin godinaizdanja"
    ),
    "language": (
        "language languages lang languagecode sprache sprachen langue langues idioma idiomas lengua lingua lingue "
        "taal talen jezyk sprak språk язык мова 言語 语言 語言 语种 언어 اللغة dil jazyk nyelv kieli język "
        "langcode "
        "ngônngữ bahasa ภาษา שפה γλώσσα limba jezik keel valoda kalba"
    ),
    "pages": (
        "pages page pagecount numberofpages numpages nopages ofpages noofpages seiten seitenzahl seitenanzahl "
        "anzahlseiten anzahlderseiten umfang nombredepages nbpages nbdepages paginas numerodepaginas pagine "
        "numeropagine numerodipagine aantalpaginas paginasaantal bladzijden strony liczbastron stron sidor "
        "antalsidor sider страниц страницы количествостраниц кількістьсторінок ページ ページ数 頁数 页数 頁數 "
        "쪽수 페이지 sayfasayisi sivut "
        "numpages numpaginas sốtrang pocetstran početstran počtystran oldalszám oldalak antalsider antallsider "
        "sivumäärä sivuja σελίδες αριθμόςσελίδων מספרעמודים עמודים jumlahhalaman halaman จำนวนหน้า "
        "عددالصفحات الصفحات brojstranica numarpagini pagecnt"
    ),
    "description": (
        "description summary abstract blurb synopsis beschreibung inhalt zusammenfassung klappentext "
        "inhaltsangabe resume descripcion sinopsis resumen descrizione trama riassunto descricao sinopse resumo "
        "beschrijving samenvatting opis streszczenie beskrivning описание аннотация опис 説明 内容 概要 あらすじ "
        "内容紹介 简介 簡介 描述 내용 설명 aciklama "
        "abstractnote môtả mota περιγραφή תיאור deskripsi الوصف رายละเอียด popis leírás"
    ),
    "topics": (
        "topics topic subject subjects tag tags category categories genre genres keyword keywords shelf shelves "
        "bookshelves bookshelf collection collections thema themen schlagwort schlagworte schlagworter "
        "schlagwörter kategorie kategorien stichworter sujet sujets mots cles motscles categorie etiquettes tema "
        "temas materias etiquetas categoria categorias genero generos argomento argomenti generi parolechiave "
        "etichette onderwerp onderwerpen trefwoorden gatunek kategoria tematy slowakluczowe amne ämne amnesord "
        "kategori жанр жанры тема темы категория теги жанри 分類 ジャンル 件名 主題 タグ キーワード 主题 分类 "
        "類別 标签 標籤 分类号 장르 분류 주제 słowakluczowe motsclés 主题词 关键词 "
        "thểloại manualtags genresubject kategori kategorija κατηγορία ז׳אנר קטגוריה kategoria หมวดหมู่ "
        "التصنيف žanr műfaj téma žánr"
    ),
    "series": (
        "series seriestitle seriesname reihe reihentitel serie serien buchreihe collectionserie saga coleccion "
        "colecao collana reeks seria cykl serietitel серия цикл серія シリーズ シリーズ名 叢書名 丛书 叢書 系列 "
        "丛书名 시리즈 "
        "bộsách tùngthư σειρά סדרה sorozat sarja seri"
    ),
    "series_number": (
        "seriesnumber seriesno seriesindex seriesposition numberinseries volume vol bandnummer band bd "
        "reihennummer nummerinderreihe tome numerodeserie numerodelaserie volumen volumenumber deel deelnummer "
        "tom numertomu tomik del том номервсерии 巻 巻数 巻次 巻号 卷 卷册 册 卷号 권 "
        "tập seriesnumber numéro numero τόμος כרך kötet osa jilid bindnr"
    ),
}

GIVEN_NAME = frozenset(
    "firstname givenname authorfirstname vorname prenom prénom nombreautor voornaam fornavn förnamn imie".split()
)
FAMILY_NAME = frozenset(
    "lastname surname familyname authorlastname nachname familienname nomdefamille apellido apellidos cognome "
    "sobrenome achternaam etternavn efternavn efternamn nazwisko".split()
)
ACCENTED = {  # words of headers, by the encodings of their languages
    ("cp1252", "mac_roman"): frozenset(
        "année édition éditeur éditions résumé série catégorie clés numéro numéros entrée größe für übersetzer "
        "título año edición páginas género número categoría descripción edição descrição gênero coleção "
        "författare förlag språk utgivningsår udgivelsesår tekijä kieli sivumäärä übersetzung schlagwörter".split()
    ),
    ("cp1250",): frozenset("tytuł język książki słowa název vydání počet szerző kiadó cím műfaj".split()),
    ("cp1254",): frozenset("adı yılı yayınevi sayısı basım türü".split()),
}


@cache
def _fields() -> dict[str, tuple[str, int]]:
    own = {key(name): (name, 0) for name in CLEANERS}
    return own | {
        key(name): (field, place)
        for field, names in NAMES.items()
        for place, name in enumerate([field, *names.split()])
    }


def key(name: str) -> str:
    """What is the same for all spellings of a column's name: “Año (publicación)” is anopublicacion."""
    return "".join(filter(str.isalnum, fold(name)))


def field_of(name: str) -> tuple[str, int] | None:
    """The field that a column of this name holds, and how usual the name is (0: most). None if it is not known."""
    return _fields().get(key(name))
