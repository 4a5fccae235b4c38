"""Turkish."""

from services.reconciliation.matching.outgoing.words.form import Words

WORDS = Words(
    date="%d.%m.%Y",
    moment="%d.%m.%Y %H:%M",
    mark=",",
    subject="Düzeltilmiş rapor talebi: {month}",
    greeting="Sayın iş ortağımız,",
    opening="{month} dönemine ait raporunuzu arama kayıtlarımızla karşılaştırdık. Aşağıdaki noktaları düzeltmenizi ve "
    "raporun tamamını en geç {due} tarihinde bize yeniden göndermenizi rica ederiz.",
    only="Lütfen başka hiçbir şeyi değiştirmeyin: düzeltilmiş rapor bir öncekiyle satır satır karşılaştırılır.",
    times="Tüm saatler yerel saattir ({zone}).",
    lines="İlgili satır sayısı: {count}.",
    period="Dönem: {first} – {last}.",
    evidence="Bunu gösteren satır sayısı: {count}; bununla çelişen satır sayısı: {against}.",
    foretold="Kural, günlerin bir kısmında ({days}) bulundu; diğer tüm günlerde satırları ardından doğru öngördü "
    "({hits} "
    "/ {of}).",
    more="Raporunuz bu satırlar için satışlarda bizden {amount} fazla sayıyor.",
    less="Raporunuz bu satırlar için satışlarda bizden {amount} eksik sayıyor.",
    no_money="Bu, sayılan satışları değiştirmez.",
    examples="Örnekler:",
    line="satır",
    reported="bildirilen",
    expected="beklenen",
    remove="silinecek",
    add="eklenecek",
    change="değiştirilecek",
    action="yapılacak",
    empty="(boş)",
    attached="Ekteki dosya, ilgili tüm satırları raporunuzun düzeninde içerir: satır numarası, bildirilen değerin "
    "yanında "
    "beklenen değer, eklenecek satırlar eksiksiz olarak ve silinecek satırlarda bir işaret.",
    farewell="Saygılarımızla",
    where={"agent": "temsilci", "campaign": "kampanya", "hour": "günün saati", "sku": "ürün"},
    causes={
        "shifted": "Bu satırlardaki saatler kayıtlarımızdan {minutes} dakika sapıyor. Lütfen saatleri {zone} yerel "
        "saatiyle bildirin.",
        "other_zone": "Bu satırlardaki saatler {other} saatine göre yazılmış. Lütfen saatleri {zone} yerel saatiyle "
        "bildirin.",
        "clock_change": "Saat değişikliğinden sonra bu satırlardaki saatler {minutes} dakika sapıyor. Lütfen saat "
        "değişikliğini uygulayın ve {zone} yerel saatini bildirin.",
        "wrong_time": "Bu satırlardaki saat, kayıtlarımıza göre aramanın başladığı saat değil. Lütfen düzeltin.",
        "rounded_up": "Bu satırlardaki süreler {step} saniyenin katlarına yukarı yuvarlanmış. Lütfen gerçek süreyi "
        "bildirin.",
        "rounded_nearest": "Bu satırlardaki süreler {step} saniyenin en yakın katına yuvarlanmış. Lütfen gerçek süreyi "
        "bildirin.",
        "rounded_down": "Bu satırlardaki süreler {step} saniyenin katlarına aşağı yuvarlanmış. Lütfen gerçek süreyi "
        "bildirin.",
        "wrong_duration": "Bu satırlardaki süre, kayıtlarımızdaki aramanın süresi değil. Lütfen düzeltin.",
        "renumbered": "{day} tarihinden itibaren rapordaki temsilci kodları eskisinden farklı temsilcileri gösteriyor. "
        "Lütfen kararlaştırılan kodları kullanın.",
        "wrong_agent": "Bu satırlardaki kod, aramayı yapan temsilcinin kodu değil. Lütfen düzeltin.",
        "scientific": "Bu satırlardaki telefon numaraları bilimsel gösterime çevrilmiş ve rakamlar kaybolmuş. Lütfen "
        "numaraları eksiksiz, metin olarak gönderin.",
        "masked": "Bu satırlardaki telefon numaralarında bazı rakamlar gizlenmiş. Lütfen numaraları eksiksiz gönderin.",
        "lost_zero": "Bu satırlardaki telefon numaralarının başındaki sıfır kaybolmuş. Lütfen numaraları eksiksiz, "
        "metin olarak gönderin.",
        "wrong_number": "Bu satırlardaki telefon numarası, bu referanslı aramanın numarası değil. Lütfen düzeltin.",
        "factor": "Bu satırlardaki tutarlar, siparişlerimizin tutarlarının {factor} katı; muhtemelen ondalık ayırıcı "
        "kaymış. Lütfen düzeltin.",
        "other_currency": "Bu satırlardaki tutarlar, siparişlerimizin tutarlarının {factor} katı: başka bir para "
        "birimindeler. Lütfen {currency} olarak bildirin.",
        "wrong_amount": "Bu satırlardaki tutar, siparişin tutarı değil. Lütfen düzeltin.",
        "wrong_outcome": "Bu satırlardaki sonuç, kayıtlarımızdaki sonuç değil. Lütfen düzeltin.",
        "cancelled_early": "Bu satırlar, siparişi zamanında iptal edilmiş satışları sayıyor. Lütfen bunları iptal "
        "olarak bildirin.",
        "cancelled_late": "Bu satırlar, siparişi sonradan iptal edilmiş satışları sayıyor. Lütfen bunları iptal olarak "
        "bildirin.",
        "not_cancelled": "Bu satırlar satışları iptal olarak bildiriyor, oysa sipariş kayıtlarımızda geçerli. Lütfen "
        "bunları satış olarak bildirin.",
        "no_order": "Bu satırlar, siparişi olmayan satışlar bildiriyor. Lütfen gerçek sonucu, tutar yazmadan bildirin.",
        "not_reported": "Bu aramalarda sipariş verildi, ancak satırlar satış bildirmiyor. Lütfen satışı tutarıyla "
        "bildirin.",
        "twice": "Bu satırlar, başka bir satırda zaten bildirilen aramalardır. Lütfen silin.",
        "block": "Bu satırlar, ikinci kez yapıştırılmış bir bloktur. Lütfen silin.",
        "never_happened": "O zaman için eksiksiz olan kayıtlarımızda bu satırlara ait bir arama yok. Lütfen silin.",
        "left_out": "Raporda, kayıtlarımızda bulunan bazı aramalar eksik. Lütfen ekleyin.",
        "left_out_where": "Raporda, kayıtlarımızda bulunan bazı aramalar eksik; ortak özellikleri: {what} {value}. "
        "Lütfen ekleyin.",
        "day_left_out": "Raporda {day} gününe ait tek bir satır bile yok, oysa kayıtlarımızda aramalar var. Lütfen "
        "ekleyin.",
        "other_month": "Rapor, ayı sözleşmeden farklı sınırlıyor. Ay {first} tarihinde başlar ve {end} öncesinde "
        "biter. "
        "Lütfen bunun dışındaki satırları silin ve içindeki aramaları ekleyin.",
        "outside_month": "Bu satırlar, {first} tarihinde başlayan ve {end} öncesinde biten sözleşme ayına ait değil. "
        "Lütfen silin.",
    },
)
